"""A chain of states under a fixed policy, whose values are known, and its models.

Legend: S state, M model of the ensemble, B state of a batch.
"""

from __future__ import annotations

import pytorch_lightning as pl
import torch
from torch import Tensor

from sparse_rl.bounds import Count, bounded

STEP_REWARD = -1.0
END_REWARD = 100.0


class ChainDataModule(pl.LightningDataModule):
    """A chain: a step leads to the next state and costs 1; the last leads to the end and pays 100.

    A batch is a number of updates, for which the learner draws states itself.

    Args:
        states: states of the chain; the end, without a future, is one more.
        updates: updates of a batch.
        batches_per_epoch: batches between two measurements of the values' error.
    """

    @bounded
    def __init__(
        self, states: Count = 100, updates: Count = 20, batches_per_epoch: Count = 5
    ) -> None:
        super().__init__()
        self.states = states
        self.updates = updates
        self.batches_per_epoch = batches_per_epoch

    def train_dataloader(self) -> range:
        """Numbers of the epoch's batches."""
        return range(self.batches_per_epoch)

    def val_dataloader(self) -> range:
        """One measurement."""
        return range(1)

    test_dataloader = val_dataloader

    def values(self) -> Tensor:
        """Exact values without a discount, in double precision, [S] without the end."""
        left_S = torch.arange(self.states, 0, -1, dtype=torch.float64)
        return STEP_REWARD * left_S + END_REWARD

    def move(self, state: Tensor) -> Tensor:
        """Next states; the end follows itself."""
        return (state + 1).clamp(max=self.states)

    def imagine(self, state_MB: Tensor, teleport: float) -> Tensor:
        """Next states of models that land anywhere on the chain with probability `teleport`."""
        lost_MB = torch.rand(state_MB.shape) < teleport
        anywhere_MB = torch.randint(self.states, state_MB.shape)
        next_MB = torch.where(lost_MB, anywhere_MB, self.move(state_MB))
        return torch.where(self.ended(state_MB), state_MB, next_MB)

    def reward(self, next_state: Tensor) -> Tensor:
        """Rewards of steps into states."""
        return STEP_REWARD + END_REWARD * self.ended(next_state)

    def ended(self, state: Tensor) -> Tensor:
        """Whether states are the end."""
        return state == self.states
