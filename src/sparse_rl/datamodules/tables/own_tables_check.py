"""Problems of a user's own tables and answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sparse_rl.datamodules.tables.own_tables_format import OwnQuestion
from sparse_rl.datamodules.tables.reading import typed_answer
from sparse_rl.datamodules.tables.table_files import (
    numbered_rows,
    read_table_file,
    repeated_headers,
)
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.typed_answers import TypedValue, item_text

Cells = set[TypedValue] | None
"""Values of a table's cells; None if it cannot be read."""


def table_problems(path: Path) -> Iterator[str]:
    """Yields every problem of a table's file; repeated headers too, which training accepts."""
    header: list[str] = []
    broken = False
    if path.suffix.lower() in (".csv", ".tsv"):
        for entry in numbered_rows(path):
            if isinstance(entry, DataError):
                broken = True
                yield str(entry)
            elif not header:
                header = entry[1]
            elif not any(cell.strip() for cell in entry[1]):
                yield f"delete this row, it counts although it is empty ({path}, line {entry[0]})"
    if not broken:
        try:
            header = read_table_file(path).header
        except DataError as error:
            yield str(error)
    for name in repeated_headers(header):
        yield f"rename all columns but one: several are called {name!r} ({path}, line 1)"
    blank = [number for number, name in enumerate(header, 1) if not name.strip()]
    if blank:
        yield f"write a header for column {', '.join(map(str, blank))} ({path}, line 1)"


def cells_of(table: Table) -> Cells:
    """Collects the values of a table's cells."""
    cells = {cell for column in table.columns for cell in column if cell is not None}
    return {TypedValue.read(item_text(cell)) for cell in cells}


def answer_problems(question: OwnQuestion, cells: Cells) -> Iterator[str]:
    """Yields the problems of an answer: it is missing, or no program can have it.

    A program can compute a number; any other answer must be a cell.
    """
    if question.answer is None:
        yield f"write the answer: training and testing need it {question.where}"
    for item in question.answer or ():
        (value,) = typed_answer([item]).values
        is_number = isinstance(value.key, (int, float))
        if cells is not None and not is_number and not any(map(value.matches, cells)):
            yield (
                f"write the answer as the table does: no cell of {question.table} is {item!r} "
                f"{question.where}"
            )
