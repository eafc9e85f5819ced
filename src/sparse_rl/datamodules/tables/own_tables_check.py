"""Problems of a user's own tables and answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sparse_rl.datamodules.tables.delimited import checked_widths
from sparse_rl.datamodules.tables.own_tables_format import OwnQuestion
from sparse_rl.datamodules.tables.reading import ReadTable, TableReading
from sparse_rl.datamodules.tables.table_files import (
    kind_of,
    read_table_file,
    repeated_headers,
    rows_of,
)
from sparse_rl.errors import DataError


def table_problems(path: Path, reading: TableReading) -> Iterator[str | ReadTable]:
    """Yields every problem of a table's file, and last the table if it can be read.

    Repeated headers too, which training accepts, and cells that contradict their column.
    """
    try:
        if kind_of(path) in (".csv", ".tsv"):
            entries = list(checked_widths(rows_of(path)[0], path))
            broken = [str(entry) for entry in entries if isinstance(entry, DataError)]
            yield from broken
            if broken:
                return
        text = read_table_file(path)
        yield from _header_problems(text.header, path)
        table = reading.read(path.name, text)
    except DataError as error:
        place = "" if path.name in str(error) else f" ({path})"
        yield f"{error}{place}"
        return
    yield from (f"{warning} ({path})" for warning in table.warnings)
    yield table


def _header_problems(header: list[str], path: Path) -> Iterator[str]:
    for name in repeated_headers(header):
        yield f"rename all columns but one: several are called {name!r} ({path}, line 1)"
    blank = [number for number, name in enumerate(header, 1) if not name.strip()]
    if blank:
        yield f"write a header for column {', '.join(map(str, blank))} ({path}, line 1)"


def answer_problems(question: OwnQuestion, table: ReadTable | None) -> Iterator[str]:
    """Yields the problems of an answer: items that no program can have.

    A program can compute a number; any other answer must be a cell.
    """
    if table is None:
        return
    for item in question.answer or ():
        if not table.answers.is_number(item) and not table.answers.is_cell(item):
            yield (
                f"write the answer as the table does: no cell of {question.table} is {item!r} "
                f"{question.where}"
            )
