"""Words of a question that name a column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from sparse_rl.interpreters.tables.text import STOP_WORDS, stem
from sparse_rl.modules.tables.abbreviations import LONGEST, is_short_for

_SHARED, _ENDING = 4, 3
"""Letters that related words share at least, and letters that may follow them."""


def is_named(header: str, words: Sequence[str]) -> bool:
    """Whether one of some words is in a header, up to its ending, or abbreviated.

    >>> is_named("Carrier", ["which", "car"]), is_named("Invoice", ["all", "invoices"])
    (False, True)
    >>> is_named("Qty del.", ["quantity"]), is_named("Buyer", ["bought"])
    (True, True)
    """
    return any(
        _related(one, other) or _abbreviates(one, other)
        for one in _words(header)
        for other in words
    )


@lru_cache(maxsize=4096)
def _words(header: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W\d_]+", header.lower())) - STOP_WORDS


def _abbreviates(short: str, word: str) -> bool:
    return 2 <= len(short) <= LONGEST and word not in STOP_WORDS and is_short_for(short, word)


@lru_cache(maxsize=65536)
def _related(one: str, other: str) -> bool:
    longer, shorter = sorted((one, other), key=len, reverse=True)
    if _stems(one) & _stems(other):
        return True
    shared = next((i for i, c in enumerate(shorter) if c != longer[i]), len(shorter))
    same = longer in (shorter, f"{shorter}s")
    return same or (shared >= _SHARED and shared >= len(longer) - _ENDING)


def _stems(word: str) -> set[str]:
    """The stem, and that of "buy" for "buyer", which `stem` leaves as it is."""
    found = stem(word)
    return {found, found.removesuffix("er")}
