"""The dealing of training examples to processes, and to batches that are even for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from zlib import crc32

from sparse_rl import processes

SHARDS = 6
"""Shards of small batches: 1, 2, 3 and 6 processes have equal numbers of them."""
PER_SHARD = 8
"""Examples of a batch from each shard, at least, where there are more shards: a shard's examples of
a batch are neighbours in length, and with few of them neighbours are far apart."""


class Shares:
    """Deals examples in equal shares, to any number of processes.

    An example's place is that of its id's hash among the hashes of all ids; the rank that owns it
    is the place modulo the number of processes. It depends on the id and the data only, so an
    example's memory stays with one process for the whole run.

    Args:
        ids: ids of the training examples.

    Attributes:
        order: indices of the examples by place.
    """

    def __init__(self, ids: Sequence[str]) -> None:
        self.order = sorted(range(len(ids)), key=lambda i: (crc32(ids[i].encode()), ids[i]))
        self._places = {ids[index]: place for place, index in enumerate(self.order)}

    def owner(self, example_id: str, count: int) -> int:
        """Returns the rank, of `count` processes, that owns the example's programs.

        An id of no training example, as an old checkpoint may hold it, has its hash for a place.
        """
        place = self._places.get(example_id)
        return (crc32(example_id.encode()) if place is None else place) % count

    def is_mine(self, example_id: str) -> bool:
        """Whether this process owns the example."""
        return self.owner(example_id, processes.count()) == processes.rank()

    def part(self, batch: Iterable[Any]) -> Part:
        """Returns this process's part of a batch of examples."""
        whole = list(batch)
        count, rank = processes.count(), processes.rank()
        mine = (example for example in whole if self.owner(example.id, count) == rank)
        return Part(mine, len(whole))


class Part(list[Any]):
    """The examples of a step's batch that this process owns.

    Attributes:
        whole: number of examples of the batch, over all processes.
    """

    def __init__(self, examples: Iterable[Any], whole: int) -> None:
        super().__init__(examples)
        self.whole = whole


def shards_of(batch_size: int) -> int:
    """Returns the number of shards that take turns in batches of this size.

    Any number of processes that divides it has equal parts of every batch, up to one example. It
    grows with the batch: where many processes share one, it is a multiple of larger powers of two.

    >>> [shards_of(size) for size in (8, 125, 1000, 8000)]
    [6, 12, 96, 768]
    """
    shards = SHARDS
    while 2 * shards * PER_SHARD <= batch_size:
        shards *= 2
    return shards
