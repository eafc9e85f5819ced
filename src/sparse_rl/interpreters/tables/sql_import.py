"""Tables as a database imports them: a column of text per column of the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.sql_names import (
    column_names,
    distinct_names,
    quote_name,
    quote_text,
)
from sparse_rl.interpreters.tables.table import Table

_MOST_COLUMNS = 2000


@dataclass(frozen=True)
class ImportedTable:
    """Table in a database, on which the queries of `to_sql` run.

    Attributes:
        name: its name there.
        columns: distinct names of its columns.
        texts: returns the cells of a column, by its index; blank for an empty cell.
        sources: for each column of the interpreter's table, the column that it is read from.
        readings: the expressions that read columns of the interpreter's table, as far as known.
    """

    name: str
    columns: tuple[str, ...]
    texts: Callable[[int], Sequence[str]]
    sources: Sequence[int]
    readings: dict[int, str] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of_text(
        cls,
        header: Sequence[str],
        rows: Sequence[Sequence[str]],
        sources: Sequence[int],
        name: str = "t",
    ) -> ImportedTable:
        """Makes a table as its file has it; headers that occur twice get `_2`, `_3` and so on."""

        def texts(column: int) -> list[str]:
            return [row[column] for row in rows]

        return cls(name, distinct_names(header), texts, sources)

    @classmethod
    def of_views(cls, table: Table, name: str = "t") -> ImportedTable:
        """Makes a table of what programs see, where the file's own text is not at hand."""

        def texts(column: int) -> list[str]:
            return ["" if cell is None else str(cell) for cell in table.columns[column]]

        return cls(name, column_names(table), texts, range(len(table.columns)))

    def script(self) -> str:
        """Writes the statements that make and fill the table, for sqlite and DuckDB.

        Raises:
            DataError: sqlite refuses so many columns.
        """
        if len(self.columns) > _MOST_COLUMNS:
            raise DataError(
                f"give a table of at most {_MOST_COLUMNS} columns for SQL, sqlite's usual limit: "
                f"this one has {len(self.columns)}"
            )
        target = quote_name(self.name)
        columns = ", ".join(f"{quote_name(name)} TEXT" for name in self.columns)
        rows = (
            f"INSERT INTO {target} VALUES ({', '.join(map(quote_text, row))});"
            for row in zip(*map(self.texts, range(len(self.columns))), strict=True)
        )
        begin, end = "BEGIN TRANSACTION;", "COMMIT;"
        return "\n".join((begin, f"CREATE TABLE {target} ({columns});", *rows, end, ""))
