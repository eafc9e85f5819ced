"""Sheets of Excel and OpenDocument files."""

from __future__ import annotations

import io
from pathlib import Path

from sparse_rl.datamodules.tables.cell_text import cell_text
from sparse_rl.datamodules.tables.delimited import NumberedRow
from sparse_rl.datamodules.tables.text_files import read_bytes
from sparse_rl.errors import DataError

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
        cells = book.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=False)
    except (calamine.CalamineError, OSError) as error:
        told = " ".join(str(error).split())
        raise DataError(f"save the table again, it is no spreadsheet: {told} ({path})") from None
    rows = [(number, [cell_text(cell) for cell in row]) for number, row in enumerate(cells, 1)]
    others = [name for name in names if name != (sheet or names[0])]
    notes = (
        [f"sheet {names[0]!r} read, left out: {', '.join(others)}"] if others and not sheet else []
    )
    return rows, notes
