"""Problems on a grid as a data module."""

from __future__ import annotations

from typing import Annotated, Literal

import pytorch_lightning as pl

from sparse_rl.bounds import Count, Within, bounded
from sparse_rl.control.structured_values.problems import PROBLEMS, Problem

Points = Annotated[int, Within(2, 1000)]
"""Points of an axis."""


class GridDataModule(pl.LightningDataModule):
    """Makes a problem of continuous control finite.

    Args:
        name: the problem, pendulum or double_integrator.
        positions: points of the axis of positions; 20 to 100.
        speeds: points of the axis of speeds; 20 to 100.
        actions: actions, at equal distances; 10 to 1000.
        sweeps_per_epoch: sweeps between two evaluations.
    """

    name: str

    @bounded
    def __init__(
        self,
        name: Literal["pendulum", "double_integrator"] = "pendulum",
        positions: Points = 50,
        speeds: Points = 50,
        actions: Points = 100,
        sweeps_per_epoch: Count = 5,
    ) -> None:
        super().__init__()
        self.name = name
        self.positions = positions
        self.speeds = speeds
        self.actions = actions
        self.sweeps_per_epoch = sweeps_per_epoch

    def describe(self) -> str:
        """Names the problem and its size."""
        return f"{self.name} of {self.positions} × {self.speeds} states, {self.actions} actions"

    def problem(self) -> Problem:
        """Computes rewards and transitions."""
        return PROBLEMS[self.name](self.positions, self.speeds, self.actions)

    # No DataLoader: it would draw from the random generator at moments that resuming changes.

    def train_dataloader(self) -> range:
        """Numbers of the epoch's sweeps."""
        return range(self.sweeps_per_epoch)

    def val_dataloader(self) -> range:
        """One evaluation."""
        return range(1)

    test_dataloader = val_dataloader
