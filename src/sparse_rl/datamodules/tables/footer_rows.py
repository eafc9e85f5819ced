"""Rows below a table that are no part of it: totals, sources and notes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from sparse_rl.annotation.readers.numbers import read_quantity
from sparse_rl.datamodules.tables.delimited import NumberedRow

_TOTAL = re.compile(
    r"(?:(?:grand|overall)[ -])?(?:sub-?)?totals?|sum|average|avg\.?|mean|summe|gesamt|insgesamt|"
    r"mittelwert|durchschnitt|somme|moyenne|suma|promedio|totale|media|totaal",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"(?:sources?|notes?|footnotes?|data|quellen?|hinweis|anmerkung(?:en)?|fuente|nota|fonte|bron)\s*:",
    re.IGNORECASE,
)
_MARKS = tuple("*†‡(©")
# A total of rounded numbers is not exact.
_ROUNDING = 0.005


def split_footer(rows: Sequence[NumberedRow]) -> tuple[list[NumberedRow], list[str]]:
    """Takes totals, sources and notes from the end of a table, a note each.

    A total is a row that is called so and has a sum or a mean of the rows above it. A note is a
    single cell that begins like one, or stands below an empty row.
    """
    kept = list(rows)
    notes: list[str] = []
    while len(kept) > 2:
        number, cells = kept[-1]
        filled = [cell.strip() for cell in cells if cell.strip()]
        if not filled:
            kept.pop()
            continue
        named_total = _TOTAL.fullmatch(filled[0].rstrip(": ")) is not None and len(filled) > 1
        if named_total and not _sums_up(kept):
            notes.append(f"{filled[0]!r} (line {number}) is no sum of the rows above it, and kept")
        elif named_total or _is_note(filled, kept):
            notes.append(f"left out below the table: {','.join(filled)} (line {number})")
            kept.pop()
            continue
        break
    return [*kept, *_blank_rows(rows[len(kept) :])], notes[::-1]


def _blank_rows(rows: Sequence[NumberedRow]) -> list[NumberedRow]:
    return [row for row in rows if not any(map(str.strip, row[1]))]


def _is_note(filled: Sequence[str], kept: Sequence[NumberedRow]) -> bool:
    if _NOTE.match(filled[0]):
        return True
    width = max(len(cells) for _, cells in kept)
    if len(filled) > 1 or width < 2:
        return False
    return filled[0].startswith(_MARKS) or _below_a_gap(kept)


def _below_a_gap(kept: Sequence[NumberedRow]) -> bool:
    """Whether an empty row separates the last rows of one cell from rows of several."""
    for _, cells in reversed(kept):
        filled = sum(1 for cell in cells if cell.strip())
        if filled != 1:
            return filled == 0
    return False


def _sums_up(kept: Sequence[NumberedRow]) -> bool:
    """Whether a column of the last row has the sum or the mean of the cells above it."""
    *above, (_, last) = kept
    return any(
        _fits(cell, [cells[place] for _, cells in above if place < len(cells)], decimal)
        for place, cell in enumerate(last)
        for decimal in (".", ",")
    )


def _fits(cell: str, column: Sequence[str], decimal: str) -> bool:
    total = read_quantity(cell.strip(), decimal)
    read = [read_quantity(text.strip(), decimal) for text in column]
    values = [quantity.value for quantity in read if quantity is not None]
    if total is None or len(values) < 2:
        return False
    # The first may be a header, such as a year.
    return any(
        math.isclose(total.value, sought, rel_tol=_ROUNDING, abs_tol=1e-9)
        for numbers in (values, values[1:])
        for sought in (sum(numbers), sum(numbers) / len(numbers))
    )
