"""Rows that may not be what they seem: they are kept, and people are told."""

from __future__ import annotations

from collections.abc import Sequence

from sparse_rl.annotation.readers.numbers import is_value, read_quantity
from sparse_rl.datamodules.tables.delimited import NumberedRow
from sparse_rl.datamodules.tables.double_headers import PERIOD

_FEW = 2


def row_notes(rows: Sequence[NumberedRow]) -> list[str]:
    """Tells of a header that may be data, headings of groups, and cells to be filled from above.

    Args:
        rows: rows from the header on, with the numbers of their lines.
    """
    if len(rows) < 2:
        return []
    return [*_header_note(rows), *_headings_note(rows[1:]), *_filling_note(rows)]


def _header_note(rows: Sequence[NumberedRow]) -> list[str]:
    (line, header), *below = rows
    names = [name.strip() for name in header]
    numbers = [place for place, name in enumerate(names) if _is_number(name)]
    values = [found.value for place in numbers if (found := read_quantity(names[place]))]
    # Numbers in order are headers of rounds, classes or distances.
    if not numbers or (len(values) > 1 and values == sorted(set(values))):
        return []
    column = [cells[numbers[0]].strip() for _, cells in below if numbers[0] < len(cells)]
    if not all(is_value(cell) for cell in column if cell):
        return []
    return [
        f"the header {names[numbers[0]]!r} is a number above numbers: write a line of headers "
        f"above it if it is data (line {line})"
    ]


def _is_number(name: str) -> bool:
    return is_value(name) and not PERIOD.fullmatch(name)


def _headings_note(body: Sequence[NumberedRow]) -> list[str]:
    headings = [(line, cells) for line, cells in body if len(cells) > 2 and _is_heading(cells)]
    if len(headings) < _FEW or 2 * len(headings) > len(body):
        return []
    line, cells = headings[0]
    return [
        f"{len(headings)} rows have their first cell alone, as headings of groups have, and are "
        f"kept: the first is {cells[0].strip()!r} (line {line})"
    ]


def _filling_note(rows: Sequence[NumberedRow]) -> list[str]:
    (_, header), (_, first), *below = rows
    if len(header) < 2 or not first[0].strip():
        return []
    others = list(range(1, len(header)))
    lines = [line for line, cells in below if not cells[0].strip() and _filled(cells) == others]
    if len(lines) < _FEW:
        return []
    return [
        f"{len(lines)} cells of column {header[0].strip()!r} are empty: fill them if they mean "
        f"the cell above (line {lines[0]})"
    ]


def _is_heading(cells: Sequence[str]) -> bool:
    return not any(map(str.strip, cells[1:])) and bool(cells[0].strip())


def _filled(cells: Sequence[str]) -> list[int]:
    return [place for place, cell in enumerate(cells) if cell.strip()]
