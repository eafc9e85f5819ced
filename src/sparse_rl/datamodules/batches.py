"""Batches of examples of similar length, in an order that resumes at any batch."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from pytorch_lightning.utilities import rank_zero_warn
from torch.utils.data import DataLoader, Sampler

from sparse_rl.datamodules.shares import Part, PartsOfBatches, shards_of

ORDER = 2
"""Version of the order of batches, in checkpoints. Version 1, which has no entry, was of examples
without shards."""


class BucketBatchSampler(Sampler[list[int]]):
    """Shuffled batches of examples with similar lengths, for little padding.

    The order depends on the data and (seed, epoch) alone: all processes have the same batches in
    the same order, and `Shares.part` of each. Shards take turns in it, so that the parts of a batch
    are equal. `state_dict` has the position in the epoch; the first iteration after
    `load_state_dict` resumes from it.

    Args:
        lengths: a length per example.
        batch_size: examples per batch; the last batch of a pass may be smaller.
        seed: seed of the shuffling.
        pool: batches whose examples are sorted by length together.
        order: the examples by place (`Shares.order`); None for the order that they have. A shard
            is every n-th place.
        passes: passes through the examples per epoch.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        batch_size: int,
        seed: int = 0,
        pool: int = 20,
        order: Sequence[int] | None = None,
        passes: int = 1,
    ) -> None:
        self.lengths = lengths
        self.batch_size = batch_size
        self.seed = seed
        self.pool = pool
        self.order = range(len(lengths)) if order is None else order
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
            yield batch

    def _batches(self) -> list[list[int]]:
        """All batches of the epoch."""
        rng = random.Random(f"{self.seed} {self.epoch}")
        return [batch for _ in range(self.passes) for batch in self._pass(rng)]

    def _pass(self, rng: random.Random) -> list[list[int]]:
        """Batches of one pass: every example once; slot t of the pass is of shard t modulo n."""
        slots = list(self.order)
        size, shards = self.batch_size, shards_of(self.batch_size)
        for shard in range(shards):
            members = slots[shard::shards]
            rng.shuffle(members)
            slots[shard::shards] = members
        for start in range(0, len(slots), size * self.pool):
            stop = start + size * self.pool
            for first in range(start, start + shards):
                of_shard = slice(first, stop, shards)
                slots[of_shard] = sorted(slots[of_shard], key=self.lengths.__getitem__)
        batches = [slots[start : start + size] for start in range(0, len(slots), size)]
        rng.shuffle(batches)
        return batches

    def state_dict(self) -> dict[str, int]:
        """The epoch, the number of batches drawn in it, and the version of the order."""
        return {"epoch": self.epoch, "batch": self._batch, "order": ORDER}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Makes the next iteration resume at the state.

        A state within an epoch of another version's order resumes at the same step of this one's,
        with a warning: some examples then come twice in that epoch, and as many not at all.
        """
        self.epoch, self._resume_at = state["epoch"], state["batch"]
        if state.get("order", 1) != ORDER and 0 < self._resume_at < len(self):
            rank_zero_warn(
                f"the checkpoint is from within epoch {self.epoch}, whose batches an earlier "
                "version has ordered in another way: its other steps take the batches of this "
                "version's order, so some examples come twice in this epoch and others do not. "
                "From the next epoch on every example comes once"
            )


def _as_it_is(part: list[Any]) -> list[Any]:
    return part


class ResumableLoader(DataLoader[Part]):
    """Loader of parts of batches; Lightning saves its position in checkpoints and restores it.

    Args:
        parts: this process's parts of batches of examples.
        batch_sampler: indices of every batch.
    """

    def __init__(self, parts: PartsOfBatches, batch_sampler: BucketBatchSampler) -> None:
        super().__init__(
            parts,  # type: ignore[arg-type]
            batch_sampler=batch_sampler,
            collate_fn=_as_it_is,
            # A generator of its own: an iterator draws a seed for workers, so with the global
            # generator a resumed run, which makes one more iterator, would draw other numbers.
            generator=torch.Generator(),
        )
        self._order = batch_sampler

    def state_dict(self) -> dict[str, int]:
        return self._order.state_dict()

    def load_state_dict(self, state: dict[str, int]) -> None:
        self._order.load_state_dict(state)
