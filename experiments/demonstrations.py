"""Makes a file of demonstrations from a checkpoint of a trained policy.

    python train.py --config ppo_cartpole.yaml
    python experiments/demonstrations.py --config ppo_cartpole.yaml \\
        --checkpoint runs/ppo_cartpole/version_0/checkpoints/best.ckpt

The policy plays episodes with its best actions; the first of them are kept, whatever their return.
The file also has the mean return of all of them, and of uniformly drawn actions.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import torch
from tensordict import TensorDictBase
from torchrl.envs import GymWrapper

from sparse_rl.checkpoint_file import load_weights, read_checkpoint
from sparse_rl.commands.control import instantiate
from sparse_rl.config_files import find_config
from sparse_rl.control.imitation.trajectories import (
    SHIPPED,
    Demonstration,
    Demonstrations,
    write_demonstrations,
)
from sparse_rl.control.rollouts import Act, go_on

SEED = 3_000_000
"""Seed of the first episode: none of a training, an evaluation or a test."""


@torch.no_grad()
def play(env: GymWrapper, act: Act, seed: int) -> tuple[list[Demonstration], list[float]]:
    """One episode of every environment; the trajectories and their returns."""
    env.set_seed(seed)
    now = env.reset()
    steps: list[TensorDictBase] = []
    running_E = torch.ones(len(now), dtype=torch.bool)
    while running_E.any():
        step = env.step(act(now))
        steps.append(step)
        running_E = running_E & ~step["next", "done"].squeeze(-1)
        now = go_on(env, step)
    trajectories, returns = [], []
    for episode_T in torch.stack(steps, 1):
        length = int(episode_T["next", "done"].squeeze(-1).int().argmax()) + 1
        kept_T = episode_T[:length]
        terminated = bool(kept_T["next", "terminated"][-1])
        trajectories.append(Demonstration(kept_T["observation"], kept_T["action"], terminated))
        returns.append(float(kept_T["next", "reward"].sum()))
    return trajectories, returns


def main() -> None:
    """Plays, and writes the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--config", required=True, help="config of the policy's training")
    parser.add_argument("--checkpoint", required=True, type=Path)
    parser.add_argument("--episodes", type=int, default=100, help="episodes of the mean returns")
    parser.add_argument("--keep", type=int, default=15, help="trajectories of the file")
    parser.add_argument("--out", type=Path, help="the file; the package's own by default")
    options = parser.parse_args()
    cli = instantiate([f"--config={find_config(options.config)}"])
    learner: Any = cli.model
    data: Any = cli.datamodule
    learner.build(data.spaces())
    load_weights(learner, read_checkpoint(options.checkpoint)["state_dict"])
    env = data.make(options.episodes)
    torch.manual_seed(0)

    def at_random(now: TensorDictBase) -> TensorDictBase:
        now["action"] = torch.randint(data.spaces().action, (len(now),))
        return now

    trajectories, returns = play(env, learner.act_best, SEED)
    _, random_returns = play(env, at_random, SEED)
    made = Demonstrations(
        data.name,
        tuple(trajectories[: options.keep]),
        sum(returns) / len(returns),
        sum(random_returns) / len(random_returns),
    )
    out = options.out or SHIPPED / f"{data.name}.safetensors"
    write_demonstrations(made, out)
    print(
        f"{data.name}: the expert has {made.expert_return:.1f}, random actions "
        f"{made.random_return:.1f}; {len(made.trajectories)} trajectories, "
        f"{out.stat().st_size:,} bytes in {out}"
    )


if __name__ == "__main__":
    main()
