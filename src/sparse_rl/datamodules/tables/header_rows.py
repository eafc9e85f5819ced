"""Headers of a table: title rows above them, empty rows and columns are left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sparse_rl.annotation.readers.dates import read_date
from sparse_rl.annotation.readers.numbers import read_quantity
from sparse_rl.datamodules.tables.delimited import NumberedRow

_SAMPLE = 50


def split_header(
    rows: Sequence[NumberedRow], line: int | None = None
) -> tuple[list[NumberedRow], list[str]]:
    """Finds the headers: the rows from them on, and what was left out, a note each.

    Args:
        rows: rows with the numbers of their lines.
        line: line of the headers, if a user names it.
    """
    notes = []
    # A row of one blank cell is an empty line.
    empty = [row for row in rows if not any(cell.strip() for cell in row[1])]
    rows = [row for row in rows if any(cell.strip() for cell in row[1])]
    several = [number for number, cells in empty if len(cells) > 1]
    if several:
        notes.append(
            f"{_count(len(several), 'empty row')} left out, the first in line {several[0]}"
        )
    if line is not None:
        rows = [row for row in rows if row[0] >= line]
    else:
        while len(rows) > 2 and _is_title(rows):
            (number, cells), *rows = rows
            title = next(cell.strip() for cell in cells if cell.strip())
            notes.append(f"title left out: {title} (line {number})")
    kept, dropped = _columns(rows)
    if dropped:
        notes.append(f"{_count(dropped, 'empty column')} left out")
    return kept, notes


def _is_title(rows: Sequence[NumberedRow]) -> bool:
    """Whether the first row is a title: one cell, above a row that heads the rows below it."""
    (_, first), (_, second), *below = rows[:_SAMPLE]
    widths = Counter(len(cells) for _, cells in (*rows[1:2], *below))
    width = widths.most_common(1)[0][0]
    if width < 2 or not first[0].strip() or any(cell.strip() for cell in first[1:]):
        return False
    if len(second) == 1 or not any(cell.strip() for cell in second[1:]):
        # A title of several rows.
        return _is_title(rows[1:]) if len(rows) > 3 else False
    if len(first) == 1:
        return True
    return all(cell.strip() and not _is_value(cell) for cell in second)


def _is_value(cell: str) -> bool:
    return (
        any((read_quantity(cell, mark) is not None) for mark in (".", ","))
        or read_date(cell) is not None
    )


def _columns(rows: list[NumberedRow]) -> tuple[list[NumberedRow], int]:
    """Leaves out columns without header and cells at the end, as spreadsheets write them."""
    if not rows:
        return rows, 0
    used = max(_used(cells) for _, cells in rows)
    width = len(rows[0][1])
    target = max(used, 1)
    # A row may be longer by blank cells alone.
    cut = [
        (number, cells[: max(target, _used(cells))] if len(cells) > target else cells)
        for number, cells in rows
    ]
    return cut, max(0, width - target)


def _used(cells: Sequence[str]) -> int:
    """Number of cells without the blank ones at the end."""
    number = len(cells)
    while number and not cells[number - 1].strip():
        number -= 1
    return number


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
