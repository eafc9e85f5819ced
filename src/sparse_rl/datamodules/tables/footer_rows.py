"""Rows below a table that are no part of it: totals, sources and notes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import dropwhile

from sparse_rl.annotation.readers.numbers import read_quantity
from sparse_rl.datamodules.tables.delimited import NumberedRow

_SUM = re.compile(
    r"(?:(?:grand|overall)[ -])?(?:sub-?)?totals?|sum|summe|gesamt|insgesamt|somme|suma|totale|"
    r"totaal",
    re.IGNORECASE,
)
# "Total (2)": how many rows there are.
_COUNT = re.compile(r"\s*\(\d+\)$")
_PART = re.compile(r".[ -](?:sub-?)?totals?:?$", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_MEAN = re.compile(
    r"average|avg\.?|mean|mittelwert|durchschnitt|moyenne|promedio|media|gemiddelde", re.IGNORECASE
)
_NOTE = re.compile(
    r"(?:sources?|notes?|footnotes?|data|quellen?|hinweis|anmerkung(?:en)?|fuente|nota|fonte|bron)\s*:",
    re.IGNORECASE,
)
_MARKS = tuple("*†‡(©")
_NAMED = 3
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
        name = _COUNT.sub("", filled[0].rstrip(": "))
        mean = _MEAN.fullmatch(name) is not None
        named_total = len(filled) > 1 and (mean or _SUM.fullmatch(name) is not None)
        if named_total and not _sums_up(kept, mean):
            kind = "mean" if mean else "sum"
            notes.append(f"{name!r} (line {number}) is no {kind} of the rows above it, and kept")
        elif named_total or _is_note(filled, kept):
            notes.append(f"left out below the table: {','.join(filled)} (line {number})")
            kept.pop()
            continue
        break
    return [*kept, *_blank_rows(rows[len(kept) :])], notes[::-1]


def totals_note(rows: Sequence[NumberedRow]) -> list[str]:
    """Tells of totals between the rows, which are kept: programs would count and add them too."""
    found = [row for row in rows[1:] if len(row[1]) > 1 and _is_called_total(row)]
    if found and found[-1] is rows[-1] and _SUM.fullmatch(_first(rows[-1])):
        found.pop()  # Told with the footer.
    if not found:
        return []
    named = [f"{_first(row)!r} (line {row[0]})" for row in found[:_NAMED]]
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return [f"totals between the rows are kept: {', '.join(named)}{more}"]


def _blank_rows(rows: Sequence[NumberedRow]) -> list[NumberedRow]:
    return [row for row in rows if not any(map(str.strip, row[1]))]


def _is_note(filled: Sequence[str], kept: Sequence[NumberedRow]) -> bool:
    if _NOTE.match(filled[0]):
        return True
    if len(filled) > 1 or max(len(cells) for _, cells in kept) < 2:
        return False
    return filled[0].startswith(_MARKS) or _below_a_gap(kept)


def _below_a_gap(kept: Sequence[NumberedRow]) -> bool:
    """Whether an empty row separates the last rows of one cell from rows of several."""
    for _, cells in reversed(kept):
        filled = sum(1 for cell in cells if cell.strip())
        if filled != 1:
            return filled == 0
    return False


def _sums_up(kept: Sequence[NumberedRow], mean: bool) -> bool:
    """Whether a column of the last row has the sum, or the mean, of the cells above it."""
    *above, (_, last) = kept
    above = [row for row in dropwhile(_heads, above[1:]) if not _is_called_total(row)]
    return any(
        _fits(cell, [cells[place] for _, cells in above if place < len(cells)], decimal, mean)
        for place, cell in enumerate(last)
        for decimal in (".", ",")
    )


def _heads(row: NumberedRow) -> bool:
    """Whether a row stands above the data below a title: a further title, or years as headers."""
    filled = [cell.strip() for cell in row[1] if cell.strip()]
    numbers = {text for text in filled if any(map(str.isdigit, text))}
    return len(filled) < 2 or (len(numbers) > 1 and all(map(_YEAR.fullmatch, numbers)))


def _is_called_total(row: NumberedRow) -> bool:
    name = _first(row)
    return _SUM.fullmatch(name) is not None or _PART.search(name) is not None


def _first(row: NumberedRow) -> str:
    return next((cell.strip() for cell in row[1] if cell.strip()), "")


def _fits(cell: str, column: Sequence[str], decimal: str, mean: bool) -> bool:
    total = read_quantity(cell.strip(), decimal)
    read = [read_quantity(text.strip(), decimal) for text in column]
    values = [quantity.value for quantity in read if quantity is not None]
    if total is None or len(values) < 2:
        return False
    sought = sum(values) / (len(values) if mean else 1)
    return math.isclose(total.value, sought, rel_tol=_ROUNDING, abs_tol=1e-9)
