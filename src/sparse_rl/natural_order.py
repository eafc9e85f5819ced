"""Order of names as people count: q2 before q10."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"(\d+)", re.ASCII)


def natural_key(text: object) -> tuple[tuple[int, str], ...]:
    """Returns a key to sort names by, whose runs of digits count as numbers.

    >>> sorted(["q10", "q2", "Q1", "q"], key=natural_key)
    ['q', 'Q1', 'q2', 'q10']
    """
    parts = _DIGITS.split(str(text).lower())
    numbers = ((len(part.lstrip("0")), part.lstrip("0")) for part in parts[1::2])
    pairs = zip(parts[::2], [*numbers, (-1, "")], strict=True)
    return tuple(item for word, number in pairs for item in ((0, word), number))
