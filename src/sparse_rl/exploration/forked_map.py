"""A function applied to many items in forks of this process."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from sparse_rl.errors import SparseRLError
from sparse_rl.lifetime import end_with

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")
CHUNK = 16
"""Items that a worker takes at a time."""
AHEAD = 4
"""Chunks per worker that are handed out before the first is read."""


def forked_map(
    function: Callable[[ItemT], ResultT], items: Sequence[ItemT], workers: int
) -> Iterator[ResultT]:
    """Yields the results in the order of the items.

    Raises:
        SparseRLError: a worker was killed, as by the system where memory runs out.
    """
    # Forked workers share the items; only indices and results cross between processes.
    _INHERITED[:] = [function, items]
    others = multiprocessing.active_children()
    # Unlike a pool of `multiprocessing`, it notices that a process was killed.
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("fork"), _begin_worker, (os.getpid(),)
    )
    pending: deque[Future[list[ResultT]]] = deque()
    try:
        for start in range(0, len(items), CHUNK):
            indices = range(start, min(start + CHUNK, len(items)))
            pending.append(pool.submit(_do_chunk, indices))
            if len(pending) > AHEAD * workers:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()
    except BaseException as error:
        # Also Ctrl-C, and a caller that stops reading: what still runs is of no use.
        for process in set(multiprocessing.active_children()) - set(others):
            process.kill()
        if isinstance(error, BrokenProcessPool):
            raise SparseRLError(
                "lower the number of workers, or give the search more memory: one of its "
                "processes was killed"
            ) from error
        raise
    finally:
        pool.shutdown()


def _begin_worker(parent: int) -> None:
    """Leaves Ctrl-C to the main process, which ends the others; ends with it if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with(parent)


_INHERITED: list[Any] = []


def _do_chunk(indices: range) -> list[Any]:
    function, items = _INHERITED
    return [function(items[index]) for index in indices]
