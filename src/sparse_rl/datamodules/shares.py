"""The dealing of training examples to processes, and to batches that are even for all of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
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
        hashes = [crc32(id_.encode()) for id_ in ids]
        # Numbers in arrays: a run has every process's copy of them, of all examples.
        self.order = array("q", sorted(range(len(ids)), key=lambda i: (hashes[i], ids[i])))
        self._places = array("q", bytes(8 * len(ids)))
        for place, index in enumerate(self.order):
            self._places[index] = place
        self._hashes = array("Q", (hashes[index] for index in self.order))
        same = pairwise(range(len(ids)))
        self._of_equal_hash = {
            ids[self.order[place]]: place
            for pair in same
            if self._hashes[pair[0]] == self._hashes[pair[1]]
            for place in pair
        }

    def owner(self, example_id: str, count: int) -> int:
        """Returns the rank, of `count` processes, that owns the example's programs.

        An id of no training example, as an old checkpoint may hold it, has a rank too.
        """
        hash_ = crc32(example_id.encode())
        place = self._of_equal_hash.get(example_id)
        if place is None:
            place = bisect_left(self._hashes, hash_)
            if place == len(self._hashes) or self._hashes[place] != hash_:
                place = hash_
        return place % count

    def is_mine(self, example_id: str) -> bool:
        """Whether this process owns the example."""
        return self.owner(example_id, processes.count()) == processes.rank()

    def mine(self, indices: Iterable[int]) -> list[int]:
        """Returns those of some examples, by their indices, that this process owns."""
        count, rank, places = processes.count(), processes.rank(), self._places
        return [index for index in indices if places[index] % count == rank]


class Part(list[Any]):
    """The examples of a step's batch that this process owns.

    Attributes:
        whole: number of examples of the batch, over all processes.
    """

    def __init__(self, examples: Iterable[Any], whole: int) -> None:
        super().__init__(examples)
        self.whole = whole


class PartsOfBatches:
    """This process's parts of batches: examples of other processes are not read.

    Args:
        examples: the training examples.
        shares: their dealing to processes.
    """

    def __init__(self, examples: Sequence[Any], shares: Shares) -> None:
        self._examples = examples
        self._shares = shares

    def __len__(self) -> int:
        return len(self._examples)

    def __getitems__(self, indices: Sequence[int]) -> Part:
        """Returns the part of the batch of some indices; torch's loaders ask for batches so."""
        mine = self._shares.mine(indices)
        return Part((self._examples[index] for index in mine), len(indices))


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
