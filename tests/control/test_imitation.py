"""Demonstrations, the discriminator's weights, and steps of GAIL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from sparse_rl.cli import main
from sparse_rl.commands.control import instantiate
from sparse_rl.config_files import find_config
from sparse_rl.control.errors import ControlError
from sparse_rl.control.imitation import Gail
from sparse_rl.control.imitation.trajectories import (
    SHIPPED,
    Demonstration,
    Demonstrations,
    find_demonstrations,
    read_demonstrations,
    write_demonstrations,
)

SMALL = [
    "--data.environments=3",
    "--data.unroll=8",
    "--data.episodes=2",
    "--data.max_episode_steps=12",
    "--model.hidden=8",
    "--trainer.max_steps=1",
]


def of_lengths(*lengths: int) -> Demonstrations:
    """Trajectories whose observations are (trajectory, step), and the even ones of which end."""
    trajectories = tuple(
        Demonstration(
            torch.tensor([[float(index), float(step)] for step in range(length)]),
            torch.arange(length) % 2,
            index % 2 == 0,
        )
        for index, length in enumerate(lengths)
    )
    return Demonstrations("CartPole-v1", trajectories, 500.0, 20.0)


def test_a_draw_keeps_every_step_of_a_distance_from_a_drawn_one_on() -> None:
    made = of_lengths(100, 100, 100)
    offsets = set()
    for seed in range(20):
        pairs = made.draw(2, 20, torch.Generator().manual_seed(seed))
        first, second = pairs.observation_MX[:5], pairs.observation_MX[5:]
        assert len({float(first[0, 0]), float(second[0, 0])}) == 2
        for part in (first, second):
            assert torch.equal(part[:, 0], part[:1, 0].expand(5))
            assert (part[:, 1].diff() == 20).all() and part[0, 1] < 20
            offsets.add(int(part[0, 1]))
        assert torch.equal(pairs.action_M, pairs.observation_MX[:, 1].long() % 2)
        assert pairs.ends == (pairs.observation_MX[[0, 5], 0] % 2 == 0).sum()
    assert len(offsets) > 10
    # Of a short trajectory at least one step is kept.
    assert len(of_lengths(3).draw(1, 20, torch.Generator()).action_M) == 1
    with pytest.raises(ControlError, match=r"set data.trajectories to 3 or less"):
        made.draw(4, 20, torch.Generator())


def test_a_file_has_what_was_written(tmp_path: Path) -> None:
    made, path = of_lengths(5, 7), tmp_path / "made.safetensors"
    write_demonstrations(made, path)
    found = read_demonstrations(path)
    assert (found.environment, found.expert_return, found.random_return) == (
        made.environment,
        made.expert_return,
        made.random_return,
    )
    for one, other in zip(found.trajectories, made.trajectories, strict=True):
        assert torch.equal(one.observation_TX, other.observation_TX)
        assert torch.equal(one.action_T, other.action_T) and one.terminated == other.terminated
    assert found.score(20.0) == 0 and found.score(500.0) == 1 and found.score(260.0) == 0.5
    with pytest.raises(ControlError, match=r"set data.name to CartPole-v1"):
        find_demonstrations("Acrobot-v1", str(path))
    path.write_bytes(path.read_bytes()[:100])
    for wrong in (path, tmp_path / "none"):
        with pytest.raises(ControlError, match=r"give data.demonstrations a file"):
            read_demonstrations(wrong)
    with pytest.raises(ControlError, match=r"none of MountainCar-v0 comes .* only of Acrobot-v1, "):
        find_demonstrations("MountainCar-v0", None)


@pytest.mark.parametrize(("name", "least"), [("CartPole-v1", 475), ("Acrobot-v1", -90)])
def test_shipped_experts_are_experts(name: str, least: float) -> None:
    found = find_demonstrations(name, None)
    assert found.expert_return >= least and len(found.trajectories) == 15
    returns = [len(t.action_T) if least > 0 else 1 - len(t.action_T) for t in found.trajectories]
    assert sum(returns) / 15 >= least
    assert sum(file.stat().st_size for file in SHIPPED.glob("*.safetensors")) <= 100_000


def trained(tmp_path: Path, *options: str) -> tuple[Any, dict[str, float]]:
    """The model after one unroll, and what that logged."""
    config = f"--config={find_config('gail_cartpole.yaml')}"
    cli = instantiate([config, *SMALL, *options, f"--trainer.logger.save_dir={tmp_path}"])
    cli.trainer.limit_val_batches = 0
    cli.trainer.callbacks = []
    cli.trainer.fit(cli.model, cli.datamodule)
    return cli.model, {name: float(v) for name, v in cli.trainer.callback_metrics.items()}


def test_a_step_of_trpo_stays_within_its_region(tmp_path: Path) -> None:
    model, logged = trained(tmp_path, "--model.step=trpo", "--model.delta=0.02")
    assert 0 < logged["train/kl"] <= 0.02 and logged["train/gain"] > 0
    # Adam has no part in the policy.
    (adam,) = model.trainer.optimizers
    assert not any(weights in adam.state for weights in model.policy.parameters())
    assert model.trainer.global_step == 1


@pytest.mark.parametrize("absorbing", [True, False])
def test_the_absorbing_state_counts_as_long_as_episodes_stay_there(
    tmp_path: Path, absorbing: bool
) -> None:
    model, _ = trained(tmp_path, f"--model.absorbing={absorbing}", "--model.gamma=0.9")
    weights_N = model._weights(5, 2.0)
    expected = 2 * 0.9 / (1 - 0.9) if absorbing else 0.0
    assert weights_N.tolist() == pytest.approx([1.0] * 5 + [expected])


def test_an_absorbing_state_needs_a_discount() -> None:
    with pytest.raises(ControlError, match="set gamma below 1, or absorbing to false"):
        Gail(gamma=1.0)
    assert Gail(gamma=1.0, absorbing=False).steps_after_end == 0


def test_without_demonstrations_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as error:
        main(
            [
                "fit",
                f"--config={find_config('gail_cartpole.yaml')}",
                "--data=GymDataModule",
                "--data.name=CartPole-v1",
                f"--trainer.logger.save_dir={tmp_path}",
            ]
        )
    assert "set data to DemonstrationDataModule: Gail needs an expert" in str(error.value)
