"""Trains the clones of one seed by their shipped configs, and measures them.

A mask is written as 1 or 0 for each of position, velocity and previous action.
"""

from __future__ import annotations

import time
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from sparse_rl.callbacks.checkpoints import BestCheckpoint
from sparse_rl.commands.control import instantiate
from sparse_rl.config_files import find_config
from sparse_rl.control import ExpertQueries, MountainCarDemonstrations, PolicyExecution
from sparse_rl.control.causal.cloning import PlainCloning
from sparse_rl.control.causal.interventions import Intervention
from sparse_rl.control.causal.masks import all_masks
from sparse_rl.control.player import EVALUATION_SEEDS

QUERIES = (1, 2, 5, 10, 20, 50)
EPISODES = 20
TESTED = 500
"""Episodes behind a return."""


class Curve(pl.Callback):
    """Keeps queries and return of every validation."""

    def __init__(self) -> None:
        self.points: list[tuple[int, float]] = []

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        found = trainer.callback_metrics
        self.points.append((int(found["queries"]), float(found["val/return"])))


def measure(seed: int, repeats: int, runs: str, options: list[str]) -> dict[str, Any]:
    """Trains and measures all methods with one seed.

    Args:
        seed: seed of demonstrations, training and interventions.
        repeats: how often an intervention is repeated, with other draws.
        runs: folder of the runs.
        options: further options of every training, for a shorter study.
    """
    begin = time.process_time()
    places = [f"--trainer.logger.save_dir={runs}", f"--seed_everything={seed}", *options]
    plain = {}
    for name in ("original", "confounded"):
        third = f"--data.confounded={name == 'confounded'}"
        clone, data = trained("cloning_mountaincar", [*places, third])
        plain[name] = tested(clone, data, clone.mask)
    clone, data = trained("causal_mountaincar", places)
    generator = torch.Generator().manual_seed(EVALUATION_SEEDS["test"])
    return {
        "seed": seed,
        "expert": float(data.play(data.expert, TESTED, generator).returns.mean()),
        "plain": plain,
        "masks": {spelt(mask): tested(clone, data, mask) for mask in all_masks(3)},
        "execution": executions(clone, data, repeats),
        "queries": {
            states: {
                str(count): chosen(clone, data, ExpertQueries(count, states), repeats)
                for count in QUERIES
            }
            for states in ("drawn", "greatest")
        },
        "dagger": dagger(places),
        "cpu_minutes": (time.process_time() - begin) / 60,
    }


def trained(
    config: str, options: list[str], curve: Curve | None = None
) -> tuple[PlainCloning, MountainCarDemonstrations]:
    """Trains by a shipped config; the weights are those at the end.

    Without validations, which would play episodes that the methods do not have.
    """
    more = ["--trainer.enable_progress_bar=false"]
    if curve is None:
        more.append("--trainer.limit_val_batches=0")
    cli = instantiate([f"--config={find_config(config + '.yaml')}", *options, *more])
    trainer = cli.trainer
    trainer.callbacks = [c for c in trainer.callbacks if not isinstance(c, BestCheckpoint)]
    if curve is not None:
        trainer.callbacks.append(curve)
    trainer.fit(cli.model, cli.datamodule)
    return cli.model, cli.datamodule


def tested(clone: PlainCloning, data: MountainCarDemonstrations, mask: Tensor) -> dict[str, float]:
    """Accuracy on held-out steps and return of the policy of a mask."""
    observation_NI, action_N = data.held_out
    act = clone.policy.act(mask)
    generator = torch.Generator().manual_seed(EVALUATION_SEEDS["test"])
    return {
        "accuracy": float((act(observation_NI) == action_N).double().mean()),
        "return": float(data.play(act, TESTED, generator).returns.mean()),
    }


def executions(
    clone: PlainCloning, data: MountainCarDemonstrations, repeats: int
) -> list[list[str]]:
    """The best mask after each episode, for every repeat; the first has the run's own draws."""
    found = [
        PolicyExecution(EPISODES).choose(clone.policy, data, clone.stream(number))
        for number in range(repeats)
    ]
    return [[spelt(trials.best(n + 1)) for n in range(EPISODES)] for trials in found]


def chosen(
    clone: PlainCloning, data: MountainCarDemonstrations, intervention: Intervention, repeats: int
) -> list[str]:
    """The mask that an intervention chooses, for every repeat."""
    streams = [clone.stream(number) for number in range(repeats)]
    return [spelt(intervention.choose(clone.policy, data, stream).best()) for stream in streams]


def dagger(options: list[str]) -> list[tuple[int, float]]:
    """Queries and returns of a training with DAgger."""
    curve = Curve()
    trained("dagger_mountaincar", options, curve)
    return curve.points


def spelt(mask: Tensor) -> str:
    """Writes a mask as digits."""
    return "".join(str(int(there)) for there in mask.tolist())
