"""Batches of examples of similar length."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from torch.utils.data import Sampler


class BucketBatchSampler(Sampler[list[int]]):
    """Shuffled batches whose examples have similar lengths, so that little is padded.

    The order depends on (seed, epoch) alone.

    Args:
        lengths: a length per example.
        batch_size: examples a batch; the last one of an epoch may be smaller.
        seed: of the shuffling.
        pool: batches that are sorted by length together.
    """

    def __init__(
        self, lengths: Sequence[int], batch_size: int, seed: int = 0, pool: int = 20
    ) -> None:
        self.lengths = lengths
        self.batch_size = batch_size
        self.seed = seed
        self.pool = pool
        self.epoch = 0

    @property
    def sampler(self) -> BucketBatchSampler:
        """Where Lightning looks for `set_epoch` of a batch sampler."""
        return self

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        rng = random.Random(f"{self.seed} {self.epoch}")
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
        return iter(batches)
