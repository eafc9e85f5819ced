"""Environments together with an expert's demonstrations in them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch

from sparse_rl.bounds import Count, Seed, bounded
from sparse_rl.control.environments import GymDataModule
from sparse_rl.control.errors import ControlError
from sparse_rl.control.imitation.trajectories import Demonstrations, Pairs, find_demonstrations
from sparse_rl.seeds import seed_or_run_seed


class DemonstrationDataModule(GymDataModule):
    """Environments, and some steps of an expert's trajectories.

    Evaluations also log a score: 0 is the return of random actions, 1 the expert's.

    Args:
        demonstrations: file of the trajectories, which `experiments/demonstrations.py` makes; null
            for those of data.name that come with the package.
        trajectories: trajectories that are learned from; 1 to 10.
        every: of a trajectory, one of so many successive steps is kept; 20 in the paper, 1 for all.
        seed: seed of the choice of trajectories and steps; null for seed_everything's.
        options: options of `GymDataModule`.
    """

    @bounded
    def __init__(
        self,
        demonstrations: str | None = None,
        trajectories: Count = 4,
        every: Count = 20,
        seed: Seed | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.file = demonstrations
        self.trajectories = trajectories
        self.every = every
        self.seed = seed_or_run_seed(seed)

    @cached_property
    def demonstrations(self) -> Demonstrations:
        return find_demonstrations(self.name, self.file)

    @cached_property
    def pairs(self) -> Pairs:
        """The expert's steps that are learned from."""
        generator = torch.Generator().manual_seed(self.seed)
        return self.demonstrations.draw(self.trajectories, self.every, generator)

    def measures(self, mean_return: float) -> dict[str, float]:
        return {**super().measures(mean_return), "score": self.demonstrations.score(mean_return)}


def demonstrated(data: GymDataModule, learner: str) -> DemonstrationDataModule:
    """Returns the data module.

    Args:
        data: data module of a run.
        learner: name of the model that needs demonstrations.

    Raises:
        ControlError: it has none.
    """
    if not isinstance(data, DemonstrationDataModule):
        raise ControlError(f"set data to DemonstrationDataModule: {learner} needs an expert")
    return data
