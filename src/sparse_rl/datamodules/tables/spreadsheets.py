"""Sheets of Excel and OpenDocument files."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sparse_rl.datamodules.tables.cell_text import cell_text
from sparse_rl.datamodules.tables.delimited import NumberedRow
from sparse_rl.datamodules.tables.text_files import read_bytes
from sparse_rl.errors import DataError

# The text of a formula may be empty.
_NO_VALUE = re.compile(rb'<c\b(?![^>]*\bt="str")[^>]*><f[^>]*>[^<]*</f>\s*(?:<v\s*/>|<v></v>)?</c>')
SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


def sheet_rows(path: Path, sheet: str | None = None) -> tuple[list[NumberedRow], list[str]]:
    """Reads a sheet, by default the first: its rows, and what was left out, a note each.

    Raises:
        DataError: the file is missing or no spreadsheet, or has no such sheet.
    """
    import python_calamine as calamine  # Late: only spreadsheets need it.

    content = read_bytes(path)
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = book.sheet_names
        if sheet is not None and sheet not in names:
            raise DataError(f"name a sheet of {', '.join(names)}, not {sheet!r} ({path})")
        page = book.get_sheet_by_name(sheet or names[0])
        cells = page.to_python(skip_empty_area=False)
        merged = page.merged_cell_ranges or []
    except (calamine.CalamineError, OSError) as error:
        told = " ".join(str(error).split())
        raise DataError(f"save the table again, it is no spreadsheet: {told} ({path})") from None
    formulas = _uncomputed(content, names.index(sheet or names[0]))
    if formulas:
        raise DataError(
            f"open the file in a spreadsheet program and save it: {formulas} formulas have no "
            f"values ({path})"
        )
    filled = _fill(cells, merged)
    rows = [(number, [cell_text(cell) for cell in row]) for number, row in enumerate(cells, 1)]
    others = [name for name in names if name != (sheet or names[0])]
    notes = (
        [f"sheet {names[0]!r} read, left out: {', '.join(others)}"] if others and not sheet else []
    )
    if filled:
        notes.append(f"{filled} merged cells have the value of their first")
    return rows, notes


def _fill(cells: list[list[Any]], merged: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> int:
    """Writes the value of merged cells into all of them; returns how many it filled.

    A cell that is merged over a row without other cells is a title, and stays one.
    """
    filled = 0
    for (top, left), (bottom, right) in merged:
        if top >= len(cells) or left >= len(cells[top]):
            continue
        others = [*cells[top][:left], *cells[top][right + 1 :]]
        if top == bottom and not any(cell != "" for cell in others):
            continue
        # Empty cells at the end may be merged too.
        for row in range(top, min(bottom + 1, len(cells))):
            for column in range(left, min(right + 1, len(cells[row]))):
                if (row, column) != (top, left) and cells[row][column] == "":
                    cells[row][column] = cells[top][left]
                    filled += 1
    return filled


def _uncomputed(content: bytes, place: int) -> int:
    """Counts the formulas without a value, which programs write that do not compute them."""
    if not content.startswith(b"PK"):
        return 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        name = f"xl/worksheets/sheet{place + 1}.xml"
        return len(_NO_VALUE.findall(archive.read(name))) if name in archive.namelist() else 0
