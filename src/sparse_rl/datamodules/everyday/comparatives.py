"""Comparatives of superlatives: "cheaper" of "cheapest"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

_IRREGULAR = {"best": "better", "worst": "worse", "furthest": "further", "farthest": "farther"}
_NONE = {"latest", "earliest", "first", "last", "most", "least", "most recent", "most recently"}
"""Superlatives whose comparatives say something else, or nothing."""

_GREATER = frozenset(
    str.split(
        "longer older taller higher heavier larger warmer deeper thicker louder later bigger wider "
        "faster dearer busier stronger hotter steeper more greater further farther better brighter "
        "harder richer broader denser sharper slower"
    )
)
_SMALLER = frozenset(
    str.split(
        "shorter younger smaller lower lighter cheaper thinner narrower weaker colder less fewer "
        "nearer closer softer earlier shallower milder cooler quieter gentler worse"
    )
)


def stated_relation(predicate: str) -> Literal["gt", "lt", "eq"]:
    """The comparison that a predicate of a topic states of `<v>`.

    Raises:
        ValueError: it compares by a word whose sense is not known here.

    >>> [stated_relation(text) for text in ("is deeper than <v> m", "lasts over <v>", "is <v>")]
    ['gt', 'gt', 'eq']
    """
    if "over <v>" in predicate:
        return "gt"
    compared = re.search(r"(\w+)(?: \w+)? than <v>", predicate)
    if compared is None:
        return "eq"
    for word in compared[0].split():
        if word in _GREATER or word in _SMALLER:
            return "gt" if word in _GREATER else "lt"
    raise ValueError(f"add the comparative of {predicate!r} to those of comparatives.py")


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
