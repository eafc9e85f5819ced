"""Comparatives of superlatives: "cheaper" of "cheapest"."""

from __future__ import annotations

import re
from collections.abc import Iterable

_IRREGULAR = {"best": "better", "worst": "worse", "furthest": "further", "farthest": "farther"}
_NONE = {"latest", "earliest", "first", "last", "most", "least", "most recent", "most recently"}
"""Superlatives whose comparatives say something else, or nothing."""


def comparatives(superlatives: Iterable[str]) -> list[str]:
    """Comparatives of those that have one.

    >>> comparatives(["cheapest", "most expensive", "best paid", "latest", "first climbed"])
    ['cheaper', 'more expensive', 'better paid']
    """
    return [found for text in superlatives if (found := _comparative(text)) is not None]


def _comparative(text: str) -> str | None:
    first, _, rest = text.partition(" ")
    if text in _NONE or (first in ("first", "last") or rest.startswith("recent")):
        return None
    if first in ("most", "least") and rest:
        return f"{'more' if first == 'most' else 'less'} {rest}"
    changed = _IRREGULAR.get(first) or re.sub(r"est$", "er", first)
    return f"{changed} {rest}".strip() if changed != first else None
