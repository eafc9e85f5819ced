"""Tables for questions, from data frames, files or tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparse_rl.annotation.readers.column_options import column_options
from sparse_rl.asking.cell_texts import CellTexts
from sparse_rl.datamodules.tables.benchmark_reading import wikisql_example, wikitables_example
from sparse_rl.datamodules.tables.reading import ReadTable, TableReading
from sparse_rl.datamodules.tables.table_files import (
    TextTable,
    checked,
    from_frame,
    read_table_file,
    repeated_headers,
)
from sparse_rl.datamodules.tables.wikitablequestions_tables import read_table, release_place
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.program import Expression
from sparse_rl.interpreters.tables.sql_import import ImportedTable
from sparse_rl.interpreters.tables.table import ColumnType, StringProperty, Table

if TYPE_CHECKING:
    import pandas as pd

VIEWS: dict[str, ColumnType] = {"number": "real", "duration": "real", "date": "date"}
"""View of a column that its cells are compared in, by what it is read as."""


@dataclass(frozen=True)
class OpenTable:
    """Table for questions: its text, and its form for programs.

    Attributes:
        text: table as text, for views.
        table: table for programs.
        sources: for each column of `table`, its column of `text`.
        read: how its columns are read; None for a table of a benchmark.
        annotates: whether questions are annotated.
    """

    text: TextTable
    table: Table
    sources: tuple[int, ...]
    read: ReadTable | None
    annotates: bool

    def example(self, question: str, tags: bool = True) -> Example:
        """Reads a question about the table.

        Args:
            question: text of the question.
            tags: whether its words are tagged, for languages with trigger words.
        """
        if self.read is not None:
            return self.read.example("question", question, tags=tags)
        if not self.annotates:
            return wikisql_example("question", question, self.table, None)
        return wikitables_example("question", question, self.table, None, None if tags else ())

    @property
    def notes(self) -> tuple[str, ...]:
        """What was chosen in reading the table, and what contradicts it, a line each."""
        if self.read is None:
            return ()
        twice = (
            f"several columns are called {name!r}: a program may take either"
            for name in repeated_headers(self.text.header)
        )
        return (*self.read.notes, *self.read.warnings, *twice)

    @cached_property
    def imported(self) -> ImportedTable:
        """The table in a database, on which the queries of `ask` run."""
        return ImportedTable.of_text(self.text.header, self.text.rows, self.sources)

    def sql_script(self) -> str:
        """Writes the table as SQL, for sqlite and DuckDB: the queries of `ask` run on it."""
        return self.imported.script()

    def not_understood(self, example: Example) -> tuple[str, ...]:
        """Words of a question that look like constants and are part of none."""
        return () if self.read is None else self.read.not_understood(example)

    def named_columns(self, expression: Expression) -> list[int]:
        """Columns of `table` that an expression names."""
        names = [a for a in expression.arguments if isinstance(a, str)]
        return [self._places[name] for name in names if name in self._places]

    def last_column(self, expression: Expression) -> int | None:
        """Column of `table` that an expression names, the last of several; None without one."""
        found = self.named_columns(expression)
        return found[-1] if found else None

    @cached_property
    def _places(self) -> dict[str, int]:
        return {property_.name: property_.column for property_ in self.table.properties}

    @cached_property
    def cells(self) -> CellTexts:
        """Texts of the cells, by their values."""
        columns = () if self.read is None else self.read.columns
        kinds = tuple(VIEWS.get(columns[s].type) if columns else None for s in self.sources)
        durations = {
            place: columns[source].minutes_first
            for place, source in enumerate(self.sources)
            if columns and columns[source].type == "duration" and self.table.types[place] == "real"
        }
        return CellTexts(self.text, self.table, self.sources, kinds, durations)


def open_table(
    source: pd.DataFrame | pd.Series[Any] | Table | OpenTable | str | Path,
    reading: TableReading,
    columns: Mapping[str, Any] | None = None,
) -> OpenTable:
    """Reads a table.

    Args:
        source: a pandas data frame or series (an index with a name or labels is a column), the path
            of a file, a table of the package, or an open table. A table in a folder of
            WikiTableQuestions' release is read as there.
        reading: reading of the programs' language.
        columns: choices for columns, by header, as in a table's `.yaml` file.

    Raises:
        DataError: the table cannot be read, or has no rows.
    """
    if isinstance(source, OpenTable):
        return source
    if isinstance(source, Table):
        text = checked(_as_text(source), source.name)
        return OpenTable(text, source, tuple(range(len(text.header))), None, reading.annotates)
    name = "table"
    if isinstance(source, (str, Path)):
        place = release_place(Path(source))
        if place is not None:
            return _of_release(*place, reading)
        text, name = read_table_file(source), str(source)
    elif hasattr(source, "iloc"):
        text = from_frame(source)
    else:
        raise DataError(
            f"give a data frame, the path of a file, or a table, not {type(source).__name__}"
        )
    if columns:
        text = replace(text, options={**text.options, **column_options(columns)})
    read = reading.read(name, text)
    return OpenTable(text, read.table, read.sources, read, reading.annotates)


def _of_release(root: Path, context: str, reading: TableReading) -> OpenTable:
    """Opens a table of WikiTableQuestions' release, by the release's escapes and annotation."""
    raw = read_table(root, context)
    text = checked(TextTable(raw.header, raw.rows), context)
    if not reading.annotates:
        read = reading.read(context, text)
        return OpenTable(text, read.table, read.sources, read, False)
    # Late: the data module imports Lightning, which takes seconds.
    from sparse_rl.datamodules.tables.wikitablequestions import annotated_table

    table = annotated_table(root, context)
    texts = [isinstance(property_, StringProperty) for property_ in table.properties]
    sources = tuple(sum(texts[: place + 1]) - 1 for place in range(len(texts)))
    return OpenTable(text, table, sources, None, True)


def _as_text(table: Table) -> TextTable:
    cells = [["" if c is None else str(c) for c in column] for column in table.columns]
    return TextTable(list(table.header), [list(row) for row in zip(*cells, strict=True)])
