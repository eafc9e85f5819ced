"""Tables for questions, from data frames, files or tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sparse_rl.datamodules.tables.reading import TableReading
from sparse_rl.datamodules.tables.table_files import TextTable, checked, from_frame, read_table_file
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.table import Table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class OpenTable:
    """Table for questions: its text, and its form for programs.

    Attributes:
        text: table as text, for views.
        table: table for programs.
        sources: for each column of `table`, its column of `text`.
    """

    text: TextTable
    table: Table
    sources: tuple[int, ...]

    @cached_property
    def spelling(self) -> dict[str, str]:
        """Original spelling, in its first cell, of each text that programs see in lower case."""
        written: dict[str, str] = {}
        for row in self.text.rows:
            for cell in row:
                written.setdefault(cell.strip().lower(), cell.strip())
        return written


def open_table(
    source: pd.DataFrame | Table | OpenTable | str | Path, reading: TableReading
) -> OpenTable:
    """Reads a table.

    Args:
        source: a pandas data frame (an index with a name is a column), the path of a CSV, TSV or
            Parquet file, a table of the package, or an open table.
        reading: reading of the programs' language.

    Raises:
        DataError: the table cannot be read, or has no rows.
    """
    if isinstance(source, OpenTable):
        return source
    if isinstance(source, Table):
        text = checked(_as_text(source), source.name)
        return OpenTable(text, source, tuple(range(len(text.header))))
    name = "table"
    if isinstance(source, (str, Path)):
        text, name = read_table_file(source), str(source)
    elif hasattr(source, "iloc"):
        text = from_frame(source)
    else:
        raise DataError(
            f"give a data frame, the path of a file, or a table, not {type(source).__name__}"
        )
    table = reading.table(name, text)
    return OpenTable(text, table, reading.sources(table))


def _as_text(table: Table) -> TextTable:
    cells = [["" if c is None else str(c) for c in column] for column in table.columns]
    return TextTable(list(table.header), [list(row) for row in zip(*cells, strict=True)])
