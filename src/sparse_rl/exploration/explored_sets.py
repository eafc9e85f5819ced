"""The kinds of explored sets, by the names of options."""

from __future__ import annotations

from typing import Literal

from sparse_rl.exploration.explored import BloomExplored, ExactExplored, Explored
from sparse_rl.exploration.rbloom_explored import RBloomExplored

ExploredKind = Literal["exact", "bloom", "rbloom"]


def explored_set(kind: ExploredKind, capacity: int) -> Explored:
    """Returns an empty explored set.

    Args:
        kind: "exact"; "bloom", a Bloom filter; or "rbloom", a faster one, from the extra `rbloom`.
        capacity: prefixes that a Bloom filter is sized for.

    Raises:
        SparseRLError: the package of the kind is not installed.
    """
    if kind == "exact":
        return ExactExplored()
    return BloomExplored(capacity) if kind == "bloom" else RBloomExplored(capacity)
