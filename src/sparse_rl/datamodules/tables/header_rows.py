"""Headers of a table: what stands above and below them, empty rows and columns are left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import compress

from sparse_rl.annotation.readers.dates import is_date_or_number
from sparse_rl.datamodules.tables.delimited import NumberedRow
from sparse_rl.datamodules.tables.double_headers import PERIOD, joined_header
from sparse_rl.datamodules.tables.footer_rows import split_footer, totals_note
from sparse_rl.datamodules.tables.row_notes import row_notes

_SAMPLE = 50


def split_header(
    rows: Sequence[NumberedRow], line: int | None = None
) -> tuple[list[NumberedRow], list[str]]:
    """Finds the headers: the rows from them on, and what was left out, a note each.

    Args:
        rows: rows with the numbers of their lines.
        line: line of the headers, if a user names it.
    """
    rows, below = split_footer(rows)
    notes = []
    # A row of one blank cell is an empty line.
    filled = [any(map(str.strip, cells)) for _, cells in rows]
    empty = [row for row, any_text in zip(rows, filled, strict=True) if not any_text]
    rows = list(compress(rows, filled))
    several = [number for number, cells in empty if len(cells) > 1]
    if several:
        notes.append(
            f"{_count(len(several), 'empty row')} left out, the first in line {several[0]}"
        )
    if line is not None:
        rows = [row for row in rows if row[0] >= line]
    else:
        while len(rows) > 2 and (_is_title(rows) or _is_comment(rows)):
            (number, cells), *rows = rows
            title = ",".join(cell for cell in cells if cell.strip()).strip()
            notes.append(f"title left out: {title} (line {number})")
    kept, dropped = _columns(rows)
    if dropped:
        notes.append(f"{_count(dropped, 'empty column')} left out")
    header = joined_header(kept) if line is None else None
    if header is not None:
        notes.append(f"headers of two lines joined: {', '.join(header)} (line {kept[1][0]})")
        kept = [(kept[1][0], header), *kept[2:]]
    again = [row for row in kept[1:] if row[1] == kept[0][1] and len(row[1]) > 1]
    if again:
        notes.append(
            f"{_count(len(again), 'repeated header')} left out, the first in line {again[0][0]}"
        )
        kept = [kept[0], *(row for row in kept[1:] if row[1] != kept[0][1])]
    return kept, [*notes, *row_notes(kept), *totals_note(kept), *below]


def _is_title(rows: Sequence[NumberedRow]) -> bool:
    """Whether the first row is a title: one cell, above a row that heads the rows below it."""
    (_, first), (_, second), *below = rows[:_SAMPLE]
    widths = Counter(len(cells) for _, cells in (*rows[1:2], *below) if len(cells) > 1)
    if not widths or not first[0].strip() or any(cell.strip() for cell in first[1:]):
        return False
    if len(second) == 1 or not any(cell.strip() for cell in second[1:]):
        # A title of several rows.
        return _is_title(rows[1:]) if len(rows) > 3 else False
    if len(first) == 1:
        return True
    columns = [
        [cells[place].strip() for _, cells in below if place < len(cells)]
        for place in range(len(second))
    ]
    names = [cell.strip() for cell in second]
    # The corner above the names of rows may be blank beside years.
    corner = not names[0] and all(map(PERIOD.fullmatch, names[1:]))
    return all(map(_heads, names[corner:], columns[corner:]))


def _heads(name: str, column: Sequence[str]) -> bool:
    """Whether a cell may be the header of the cells below it: a text, or a year above others."""
    if PERIOD.fullmatch(name):
        return not all(map(PERIOD.fullmatch, column))
    return bool(name) and not is_date_or_number(name)


def _is_comment(rows: Sequence[NumberedRow]) -> bool:
    """Whether the first row is a remark after #, above headers that are above numbers or dates."""
    (_, first), (_, second), *below = rows[:_SAMPLE]
    if not first[0].startswith("# ") or " " not in first[0][2:].strip():
        return False
    if second[0].startswith("# "):
        return True
    return not any(map(is_date_or_number, second)) and any(
        is_date_or_number(cell) for _, cells in below for cell in cells
    )


def _columns(rows: list[NumberedRow]) -> tuple[list[NumberedRow], int]:
    """Leaves out columns without header and cells, as spreadsheets write them."""
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
    blank = [
        place
        for place, name in enumerate(cut[0][1])
        if not name.strip()
        and not any(cells[place : place + 1] and cells[place].strip() for _, cells in cut)
    ]
    for place in reversed(blank):
        cut = [(number, [*cells[:place], *cells[place + 1 :]]) for number, cells in cut]
    return cut, max(0, width - target) + len(blank)


def _used(cells: Sequence[str]) -> int:
    """Number of cells without the blank ones at the end."""
    number = len(cells)
    while number and not cells[number - 1].strip():
        number -= 1
    return number


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
