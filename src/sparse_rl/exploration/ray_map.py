"""A function applied to many items in tasks of Ray, on this machine or on a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sparse_rl.exploration.forked_map import CHUNK
from sparse_rl.ray_cluster import ray_cluster
from sparse_rl.ray_tasks import RayTasks

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


def ray_map(
    function: Callable[[ItemT], ResultT],
    items: Sequence[ItemT],
    workers: int = 0,
    address: str | None = None,
) -> Iterator[ResultT]:
    """Yields the results in the order of the items.

    A chunk whose worker is lost is done again, elsewhere if need be. It has one result all the
    same, since it is known by its place and not by who did it.

    Args:
        function: what is done with an item; it and the items are pickled for the workers.
        items: the items.
        workers: chunks under way at a time; 0 for one per CPU of the cluster.
        address: as `ray_cluster` has it.

    Raises:
        SparseRLError: there is no such cluster, or the workers of a chunk were lost again and
            again.
    """
    with ray_cluster(workers or os.cpu_count() or 1, address) as ray:
        tasks = RayTasks(ray, _do_chunk)
        function_sent = ray.put(function)
        starts = iter(range(0, len(items), CHUNK))
        under_way: dict[Any, int] = {}
        done: dict[int, list[ResultT]] = {}
        try:
            for due in range(0, len(items), CHUNK):
                while due not in done:
                    room = (workers or _cpus(ray)) - len(under_way)
                    for start in islice(starts, max(0, room)):
                        chunk = items[start : start + CHUNK]
                        under_way[tasks.start(function_sent, chunk)] = start
                    (ready,), _ = ray.wait(list(under_way))
                    done[under_way.pop(ready)] = tasks.result(ready)
                yield from done.pop(due)
        finally:
            # After Ctrl-C, or where a caller stops reading: what still runs is of no use.
            for running in under_way:
                ray.cancel(running, force=True)


def _cpus(ray: Any) -> int:
    """CPUs of the cluster at present, as machines join and leave; 1 where it has none yet."""
    return max(1, int(ray.cluster_resources().get("CPU", 0)))


def _do_chunk(function: Callable[[ItemT], ResultT], items: Sequence[ItemT]) -> list[ResultT]:
    return [function(item) for item in items]
