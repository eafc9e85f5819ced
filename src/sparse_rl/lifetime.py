"""Processes that end with the process that started them."""

from __future__ import annotations

import os
import threading
import time

_PARENT = "SPARSE_RL_PARENT"
PERIOD = 1.0
"""Seconds between two looks at the parent."""


def end_with(parent: int) -> None:
    """Ends this process once its parent has ended, however: a killed one can end no other.

    Args:
        parent: the parent's process id, which it has taken before it started this process.
    """
    threading.Thread(target=_watch, args=(parent,), name="lifetime", daemon=True).start()


def announce() -> None:
    """Tells the ranks that this process starts to end with it."""
    os.environ[_PARENT] = str(os.getpid())


def end_with_first_rank() -> None:
    """Ends this process, if it is a rank of a run, with the rank that has started it."""
    if "LOCAL_RANK" in os.environ and _PARENT in os.environ:
        end_with(int(os.environ[_PARENT]))


def _watch(parent: int) -> None:
    # An orphan gets another parent.
    while os.getppid() == parent:
        time.sleep(PERIOD)
    os._exit(1)
