"""Batches of examples of similar length, in an order that resumes at any batch."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.utils.data import DataLoader, Sampler


class BucketBatchSampler(Sampler[list[int]]):
    """Shuffled batches of examples with similar lengths, for little padding.

    The order depends on (seed, epoch) alone. All processes have the same batches in the same order,
    each with the examples that its rank owns, possibly none. `state_dict` has the position in the
    epoch; the first iteration after `load_state_dict` resumes from it.

    Args:
        lengths: a length per example.
        batch_size: examples per batch; the last batch of a pass may be smaller.
        seed: seed of the shuffling.
        pool: batches whose examples are sorted by length together.
        mine: whether this rank owns each example; None for all.
        passes: passes through the examples per epoch.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        batch_size: int,
        seed: int = 0,
        pool: int = 20,
        mine: Sequence[bool] | None = None,
        passes: int = 1,
    ) -> None:
        self.lengths = lengths
        self.batch_size = batch_size
        self.seed = seed
        self.pool = pool
        self.mine = mine
        self.passes = passes
        self.epoch = 0
        self._batch = 0
        self._resume_at = 0

    @property
    def sampler(self) -> BucketBatchSampler:
        """The sampler itself: Lightning looks here for `set_epoch` of a batch sampler."""
        return self

    def set_epoch(self, epoch: int) -> None:
        if epoch != self.epoch:
            self.epoch = epoch
            self._batch = self._resume_at = 0

    def __len__(self) -> int:
        return self.passes * -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        # A generator, so that nothing is decided before the first batch: Lightning makes the
        # iterator before it sets the epoch.
        self._batch, self._resume_at = self._resume_at, 0
        for batch in self._batches()[self._batch :]:
            self._batch += 1
            yield batch if self.mine is None else [i for i in batch if self.mine[i]]

    def _batches(self) -> list[list[int]]:
        """All batches of the epoch."""
        rng = random.Random(f"{self.seed} {self.epoch}")
        return [batch for _ in range(self.passes) for batch in self._pass(rng)]

    def _pass(self, rng: random.Random) -> list[list[int]]:
        """Batches of one pass: every example once."""
        order = list(range(len(self.lengths)))
        rng.shuffle(order)
        size = self.batch_size * self.pool
        batches: list[list[int]] = []
        for start in range(0, len(order), size):
            chunk = sorted(order[start : start + size], key=self.lengths.__getitem__)
            batches += [
                chunk[i : i + self.batch_size] for i in range(0, len(chunk), self.batch_size)
            ]
        rng.shuffle(batches)
        return batches

    def state_dict(self) -> dict[str, int]:
        """The epoch, and the number of batches drawn in it."""
        return {"epoch": self.epoch, "batch": self._batch}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Makes the next iteration resume at the state."""
        self.epoch, self._resume_at = state["epoch"], state["batch"]


class ResumableLoader(DataLoader[list[Any]]):
    """Loader of lists of examples; Lightning saves its position in checkpoints and restores it."""

    def __init__(self, examples: Sequence[Any], batch_sampler: BucketBatchSampler) -> None:
        super().__init__(
            examples,  # type: ignore[arg-type]
            batch_sampler=batch_sampler,
            collate_fn=list,
            # A generator of its own: an iterator draws a seed for workers, so with the global
            # generator a resumed run, which makes one more iterator, would draw other numbers.
            generator=torch.Generator(),
        )
        self._order = batch_sampler

    def state_dict(self) -> dict[str, int]:
        return self._order.state_dict()

    def load_state_dict(self, state: dict[str, int]) -> None:
        self._order.load_state_dict(state)
