"""Words of a question that name a column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from sparse_rl.interpreters.tables.text import STOP_WORDS, stem

_SHARED, _ENDING = 4, 3
"""Letters that related words share at least, and letters that may follow them."""


def is_named(header: str, words: Sequence[str]) -> bool:
    """Whether one of some words is in a header, up to its ending.

    >>> is_named("Shipped on", ["which", "shipments"]), is_named("Invoice", ["all", "invoices"])
    (False, True)
    """
    return any(_related(one, other) for one in _words(header) for other in words)


@lru_cache(maxsize=4096)
def _words(header: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W\d_]+", header.lower())) - STOP_WORDS


@lru_cache(maxsize=65536)
def _related(one: str, other: str) -> bool:
    longer, shorter = sorted((one, other), key=len, reverse=True)
    if stem(one) == stem(other):
        return True
    shared = next((i for i, c in enumerate(shorter) if c != longer[i]), len(shorter))
    same = longer in (shorter, f"{shorter}s")
    return same or (shared >= _SHARED and shared >= len(longer) - _ENDING)
