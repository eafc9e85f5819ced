"""A user's own tables as text: CSV, TSV, Parquet and spreadsheet files, and data frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparse_rl.annotation.readers.column_options import ColumnOptions
from sparse_rl.annotation.tsv import strict
from sparse_rl.datamodules.tables import spreadsheets
from sparse_rl.datamodules.tables.delimited import NumberedRow, checked_widths, delimited_rows
from sparse_rl.datamodules.tables.frames import Content, frame_content, parquet_content
from sparse_rl.datamodules.tables.header_rows import split_header
from sparse_rl.datamodules.tables.table_options import options_of
from sparse_rl.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".tsv", ".parquet", *spreadsheets.SUFFIXES)


@dataclass(frozen=True)
class TextTable:
    """Text of a table: every row as long as the header, empty cells blank.

    Attributes:
        header: headers of the columns.
        rows: cells row by row.
        notes: what was chosen in reading the file, a line each.
        options: a user's choices for columns, by header.
    """

    header: list[str]
    rows: list[list[str]]
    notes: tuple[str, ...] = field(default=(), compare=False)
    options: Mapping[str, ColumnOptions] = field(default_factory=dict, compare=False)


def kind_of(path: Path) -> str:
    """Suffix of a table's file in lower case, without `.gz`."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return next((suffix for suffix in reversed(suffixes) if suffix != ".gz"), "")


def read_table_file(path: str | Path) -> TextTable:
    """Reads a table from a file, by its suffix, with the options in `NAME.yaml` beside it.

    Raises:
        DataError: the file is missing, of another kind, malformed, ragged or empty.
    """
    path = Path(path)
    if path.is_dir():
        raise DataError(f"name the file of a table, {path} is a folder")
    if kind_of(path) not in SUFFIXES:
        raise DataError(
            f"save the table as {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}: cannot read {path}"
        )
    options = options_of(path)
    if kind_of(path) == ".parquet":
        return _of_content(parquet_content(path), str(path), options.columns)
    rows, notes = rows_of(path)
    header, *cells = [row for _, row in strict(checked_widths(rows, path))]
    return checked(TextTable(header, cells, tuple(notes), options.columns), str(path))


def rows_of(path: Path) -> tuple[list[NumberedRow | DataError], list[str]]:
    """Reads the rows of a text file or a spreadsheet from its headers on, and notes.

    An error that ends the reading comes last.
    """
    options = options_of(path)
    notes: list[str] = []
    found: list[NumberedRow | DataError]
    if kind_of(path) in spreadsheets.SUFFIXES:
        sheet, notes = spreadsheets.sheet_rows(path, options.sheet)
        found = list(sheet)
    else:
        found = list(delimited_rows(path, options))
    errors = [entry for entry in found if isinstance(entry, DataError)]
    rows, more = split_header(
        [entry for entry in found if not isinstance(entry, DataError)], options.header
    )
    if not rows and not errors:
        errors = [DataError(f"write a line of headers first, the table is empty ({path}, line 1)")]
    return [*rows, *errors], [*notes, *more]


def checked(table: TextTable, name: str) -> TextTable:
    """Returns the table if it has columns and rows.

    Raises:
        DataError: the table has no column, or no row.
    """
    if not table.header or not table.rows:
        lacks = "no columns" if not table.header else "headers and no rows below them"
        raise DataError(f"give a table with rows: {name} has {lacks}")
    return table


def repeated_headers(header: list[str]) -> list[str]:
    """Headers of more than one column, ignoring letter case and outer blanks."""
    counts = Counter(name.strip().lower() for name in header)
    return [name for name, count in counts.items() if name and count > 1]


def from_frame(frame: pd.DataFrame | pd.Series[Any], name: str = "the data frame") -> TextTable:
    """Converts a data frame or series; see `frame_content`.

    Raises:
        DataError: the table has no column, or no row, or a cell cannot be written as text.
    """
    return _of_content(frame_content(frame), name, {})


def _of_content(content: Content, name: str, options: Mapping[str, ColumnOptions]) -> TextTable:
    header, columns, notes = content
    rows = [list(row) for row in zip(*columns, strict=True)]
    return checked(TextTable(header, rows, tuple(notes), options), name)
