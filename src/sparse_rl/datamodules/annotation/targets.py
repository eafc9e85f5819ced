"""The canonical form of an answer's item, as in the tagged files of WikiTableQuestions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sparse_rl.datamodules.annotation.cells import annotate_cell

# A number with at most one word beside it, such as a unit.
_NUMBER = re.compile(
    r"(?:(?:since|stage|no\.?|class)\s+)?[-+#$£]?\s?(?:\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)\s*"
    r"(?:%|st|nd|rd|th)?(?:\s[^\W\d]+\.?)?",
    re.IGNORECASE,
)


def canonical(item: str) -> tuple[str, str]:
    """An item's canonical text, and its kind: number, date or string.

    >>> canonical("1,245 points"), canonical("5 March 1988"), canonical("2007/08")
    (('1245.0', 'number'), ('1988-03-05', 'date'), ('2007/08', 'string'))
    """
    cell = annotate_cell(item)
    if cell.date is not None and (cell.date.month or cell.date.day):
        return str(cell.date), "date"
    if _NUMBER.fullmatch(item.strip()) or (cell.number is not None and item.isalpha()):
        number = -(cell.number or 0.0) if item.strip().startswith("-") else cell.number
        return str(number), "number"
    return item, "string"


def canonical_kind(kinds: Sequence[str]) -> str:
    """The kind of an answer: that of its items, or mixed."""
    return kinds[0] if len(set(kinds)) == 1 else "mixed"
