"""Canonical form of an answer's item, as in the tagged files of WikiTableQuestions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sparse_rl.annotation.amounts import java_double
from sparse_rl.annotation.cells import annotate_cell

# A number with at most one further word, such as a unit; or a rank.
_NUMBER = re.compile(
    r"(?:(?:(?:since|stage) )?[-+#$£]?(?:\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)\s*(?:%|\s[a-zµ²/]+\.?)?)"
    r"|\d+(?:st|nd|rd|th)"
)
_SEASON = re.compile(r"\d{4}-\d\d")


def canonical(item: str) -> tuple[str, str]:
    """Returns an item's canonical text, and its kind: number, date or string.

    >>> canonical("1,245 points"), canonical("5 March 1988"), canonical("2007/08")
    (('1245.0', 'number'), ('1988-03-05', 'date'), ('2007/08', 'string'))
    """
    cell = annotate_cell(item)
    date = None if _SEASON.fullmatch(item) else cell.date
    if date is not None and (date.month or date.day):
        return str(date), "date"
    if cell.number is not None and _NUMBER.fullmatch(item[:1].lower() + item[1:]):
        return java_double(-cell.number if item.startswith("-") else cell.number), "number"
    return item, "string"


def canonical_kind(kinds: Sequence[str]) -> str:
    """Kind of an answer: its items' common kind, or mixed."""
    return kinds[0] if len(set(kinds)) == 1 else "mixed"
