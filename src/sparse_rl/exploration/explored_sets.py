"""The kinds of explored sets, by the names of options."""

from __future__ import annotations

from typing import Literal, get_args

from sparse_rl.bounds import Within
from sparse_rl.errors import SparseRLError
from sparse_rl.exploration.explored import BloomExplored, ExactExplored, Explored
from sparse_rl.exploration.rbloom_explored import RBloomExplored

ExploredKind = Literal["exact", "bloom", "rbloom"]


def explored_set(kind: ExploredKind, capacity: int) -> Explored:
    """Returns an empty explored set.

    Args:
        kind: "exact"; "bloom", a Bloom filter; or "rbloom", a faster one, from the extra `rbloom`.
        capacity: prefixes that a Bloom filter is sized for.

    Raises:
        SparseRLError: there is no such kind or its package is not installed, or the capacity is
            below 1.
    """
    if kind not in get_args(ExploredKind):
        raise SparseRLError(f"set explored to one of {get_args(ExploredKind)}: got {kind!r}")
    if kind == "exact":
        return ExactExplored()
    Within(1).check("explored_capacity", capacity)
    try:
        return BloomExplored(capacity) if kind == "bloom" else RBloomExplored(capacity)
    except (MemoryError, OverflowError):
        raise SparseRLError(
            f"lower explored_capacity: a filter for {capacity} prefixes does not fit into memory"
        ) from None
