"""How well a DQN's hidden target values are completed: errors beside the gap between actions.

    python experiments/control_completion.py runs/svrl_cartpole/version_0/checkpoints/last.ckpt

Batches of states are drawn from the replay of a trained network; a tenth of the values of its
target network are hidden and completed from the others, with several thresholds and numbers of
iterations.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from sparse_rl.analysis.results_page import machine
from sparse_rl.checkpoint_file import read_weights
from sparse_rl.control import Dqn
from sparse_rl.control.environments import Spaces
from sparse_rl.control.structured_values.matrix_estimation import geometric
from sparse_rl.control.structured_values.targets import completed_values

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "results" / "control_completion.md"
WAYS = ((0.02, 10), (0.02, 20), (0.01, 20), (0.005, 30), (0.002, 40), (0.0005, 60))
"""Last threshold, and iterations."""
BATCHES, BATCH, OBSERVED = 100, 128, 0.9
HEAD = f"""\
{BATCHES} batches of {BATCH} states of the replay of a DQN with completed targets. A value of
the target network is hidden with a chance of {{hidden:.1f}} and completed from the others.
Absolute errors of the hidden values, in units of Q, of which {{deviation:.2f}} is the standard
deviation in a batch. Last row: the error of taking the other action's value instead. The second
singular value of a batch is {{share:.3f}} of the first, so the approximate rank is 1."""


class Trained(NamedTuple):
    """A trained network.

    Attributes:
        learner: its learner.
        observations: observations that the replay's steps led to.
    """

    learner: Dqn
    observations: Tensor


def read(path: Path) -> Trained:
    """Reads the target network and the replay of a checkpoint."""
    checkpoint: dict[str, Any] = read_weights(path)
    weights = checkpoint["state_dict"]
    observations = checkpoint["control"]["memory"]["replay"]["unrolls"]["next.observation"][:, 0]
    hidden, actions = weights["target.0.weight"].shape[0], weights["target.4.bias"].shape[0]
    learner = Dqn(hidden=hidden)
    learner.build(Spaces(observation=observations.shape[1], action=actions, discrete=True))
    learner.load_state_dict(weights)
    return Trained(learner, observations)


def batches(trained: Trained) -> Iterator[Tensor]:
    """Target values of states drawn from the replay; the same ones every time."""
    generator = torch.Generator().manual_seed(0)
    for _ in range(BATCHES):
        index = torch.randint(len(trained.observations), (BATCH,), generator=generator)
        yield trained.learner.target(trained.observations[index]).detach()


def errors(trained: Trained, thresholds: Sequence[float]) -> Tensor:
    """Errors of the hidden values."""
    generator = torch.Generator().manual_seed(1)
    found = []
    for q_BA in batches(trained):
        observed_BA = torch.rand(q_BA.shape, generator=generator) < OBSERVED
        hidden_BA = ~observed_BA & observed_BA.any(-1, keepdim=True)
        found.append((completed_values(q_BA, observed_BA, thresholds) - q_BA)[hidden_BA])
    return torch.cat(found)


def row(name: str, values: Tensor) -> str:
    """A row of the table."""
    size = values.abs()
    cells = [size.square().mean().sqrt(), size.median(), size.quantile(0.9), size.quantile(0.99)]
    return f"| {name} | " + " | ".join(f"{float(cell):.3f}" for cell in cells) + " |"


def main() -> None:
    """Writes the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    torch.set_num_threads(1)
    trained = read(options.checkpoint)
    drawn = list(batches(trained))
    gap = torch.cat([q_BA.amax(1) - q_BA.amin(1) for q_BA in drawn])
    share = statistics.mean(float(s[1] / s[0]) for s in map(torch.linalg.svdvals, drawn))
    deviation = statistics.mean(float(q_BA.std()) for q_BA in drawn)
    lines = [
        "# Hidden target values of a DQN, completed",
        "",
        HEAD.format(hidden=1 - OBSERVED, deviation=deviation, share=share),
        "",
        "| last threshold, iterations | root mean square | median | 90 % | 99 % |",
        "|---|---|---|---|---|",
    ]
    for last, count in WAYS:
        thresholds = [geometric(1.0, last, step / count) for step in range(1, count + 1)]
        lines.append(row(f"{last}, {count}", errors(trained, thresholds)))
    lines += [
        row("gap between the two actions", gap),
        "",
        f"Machine: {machine()}. Command: `python experiments/control_completion.py "
        "runs/svrl_cartpole/version_0/checkpoints/last.ckpt`, after "
        "`python train.py --config svrl_cartpole.yaml --data.name=CartPole-v0 "
        "--data.unrolls_per_epoch=40`.",
    ]
    options.page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
