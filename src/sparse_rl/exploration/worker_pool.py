"""Workers that share the examples of a search: processes of this machine, or tasks of Ray."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sparse_rl.bounds import Workers, check_fields
from sparse_rl.exploration.forked_map import forked_map
from sparse_rl.exploration.ray_map import ray_map
from sparse_rl.ray_cluster import EngineName, check_engine

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class WorkerPool:
    """How many workers there are, and where.

    Attributes:
        workers: how many examples are searched at a time; 0 for one per core, of this machine or of
            the cluster.
        engine: "local" for processes of this machine; "ray" for tasks of Ray, whose work is done
            again where one is lost.
        address: the cluster of engine "ray", as `ray_cluster` has it.
    """

    workers: Workers = 0
    engine: EngineName = "local"
    address: str | None = None

    def __post_init__(self) -> None:
        """Checks the options, before anything is read.

        Raises:
            SparseRLError: there is no such engine, or Ray is not installed.
        """
        check_fields(self)
        check_engine(self.engine, self.address)

    def map(
        self, function: Callable[[ItemT], ResultT], items: Sequence[ItemT]
    ) -> Iterator[ResultT]:
        """Applies a function to all items; yields the results in the order of the items."""
        if self.engine == "ray":
            return ray_map(function, items, self.workers, self.address)
        workers = self.workers or os.cpu_count() or 1
        return map(function, items) if workers == 1 else forked_map(function, items, workers)


ALONE = WorkerPool(workers=1)
"""No processes but this one."""
