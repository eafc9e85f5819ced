"""Excerpt of a table that explains a program's answer."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nsmallest

from sparse_rl.asking.candidates import Candidate
from sparse_rl.datamodules.tables.table_files import TextTable


@dataclass(frozen=True)
class ExcerptRow:
    """Row of an excerpt.

    Attributes:
        number: number from 1, as `row_id` in the SQL.
        names: variables that contain the row.
        chosen: whether the last expression works on the row.
        cells: text of the cells, each on one line.
    """

    number: int
    names: tuple[str, ...]
    chosen: bool
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Excerpt:
    """Some rows and columns of a table.

    Attributes:
        header: headers of the columns shown.
        used: whether the program names each column.
        rows: rows in the table's order.
        more_rows, more_columns: numbers of rows and columns left out.
    """

    header: tuple[str, ...]
    used: tuple[bool, ...]
    rows: tuple[ExcerptRow, ...]
    more_rows: int
    more_columns: int

    @property
    def more(self) -> str:
        """Numbers of rows and columns left out, as text; empty if none are."""
        counts = ((self.more_rows, "row"), (self.more_columns, "column"))
        parts = [f"{n} more {what}{'s' if n > 1 else ''}" for n, what in counts if n]
        return f"… {', '.join(parts)}" if parts else ""


def excerpt(
    table: TextTable, program: Candidate, max_rows: int = 10, max_columns: int = 7
) -> Excerpt:
    """Selects the program's columns and rows, and fills up with others."""
    sets = [(step.name or "", frozenset(step.rows)) for step in program.trace if step.rows]
    last = program.trace[-1].expression.split()[2]
    chosen = dict(sets).get(last, frozenset())

    def order(row: int) -> tuple[bool, int]:
        return row not in chosen, -sum(row in rows for _, rows in sets)

    rows = sorted(nsmallest(max_rows, range(len(table.rows)), key=order))
    named = [*program.columns, *(c for c in range(len(table.header)) if c not in program.columns)]
    columns = sorted(named[:max_columns])
    return Excerpt(
        tuple(_line(table.header[column]) for column in columns),
        tuple(column in program.columns for column in columns),
        tuple(
            ExcerptRow(
                row + 1,
                tuple(name for name, kept in sets if row in kept),
                row in chosen,
                tuple(_line(table.rows[row][c]) for c in columns),
            )
            for row in rows
        ),
        len(table.rows) - len(rows),
        len(table.header) - len(columns),
    )


def _line(cell: str) -> str:
    return " ".join(cell.split())
