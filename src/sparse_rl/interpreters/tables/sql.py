"""Programs as SQL (sqlite's dialect): readable queries, and a check of the interpreter.

The table in the database has a column `row_id` (1, 2, … in the table's order) and then one column
per column of the table, named by its header (`column_names`). Text is stored as the interpreter
sees it, and an empty cell is NULL. In a benchmark's table, text is matched through a function
`normalise(text)`, which `to_sqlite` registers on the connection; in a user's own, queries list the
cells that a text names. A date is text (`1950-06-xx`), with its known fields in
three more columns (`date_fields`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from typing import Any

from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.program import ALL_ROWS, Program, resolve
from sparse_rl.interpreters.tables.sql_names import (
    ROW_ID,
    column_names,
    date_fields,
    quote_name,
    storable,
)
from sparse_rl.interpreters.tables.sql_select import NoSQLError, SelectWriter
from sparse_rl.interpreters.tables.table import Cell, Scalar, Table
from sparse_rl.interpreters.tables.text import normalise


def to_sql(program: Program, table: Table, language: Language, table_name: str = "t") -> str:
    """Writes one query for the program's denotation on the table as stored by `to_sqlite`.

    Every expression but the last becomes a common table expression with its variable's name. A
    program that ends in rows selects whole rows, `row_id` first. If the interpreter has no value
    because no row is left, the query returns no row, NULL, or a count of 0.

    >>> from sparse_rl.interpreters.tables.functions import medals
    >>> from sparse_rl.interpreters.tables.language import wikisql_language
    >>> from sparse_rl.interpreters.tables.program import parse_program
    >>> text = "( filter_in all_rows ['peru'] r.nation-string ) ( hop v0 r.golds-number )"
    >>> program = parse_program(text, wikisql_language())
    >>> print(to_sql(program, medals(), wikisql_language()))
    WITH
      v0 AS (SELECT * FROM "t" WHERE instr(' ' || normalise("Nation") || ' ', ' peru ') > 0)
    SELECT "Golds" FROM v0 WHERE "Golds" IS NOT NULL ORDER BY row_id

    Raises:
        ExecutionError: the table has no such property, or an answer is used as rows.
        NoSQLError: a user's own function has no SQL.
    """
    functions = {function.name: function for function in language.functions}
    base = _source(table_name, len(program))
    writer = SelectWriter(base, table, column_names(table))
    sources = {ALL_ROWS: base}
    selects = []
    for index, expression in enumerate(program):
        function = functions[expression.function]
        source, *arguments = resolve(expression, function, table, sources)
        selects.append(writer.select(function, source, arguments))
        if function.returns_rows:
            sources[f"v{index}"] = f"v{index}"
    *earlier, last = selects
    # Only the final result has an order; inside, rows are a set.
    if functions[program[-1].function].returns_rows:
        last += f" ORDER BY {ROW_ID}"
    if not earlier:
        return last
    tables = ",\n".join(f"  v{index} AS ({select})" for index, select in enumerate(earlier))
    return f"WITH\n{tables}\n{last}"


def sql_if_any(program: Program, table: Table, language: Language) -> str | None:
    """Writes SQL as `to_sql`; None if a user's own function has no SQL."""
    try:
        return to_sql(program, table, language)
    except NoSQLError:
        return None


def _source(table_name: str, expressions: int) -> str:
    """Quotes the table; with its schema if a variable has the same name."""
    clash = table_name.lower() in {f"v{index}" for index in range(expressions)}
    return ("main." if clash else "") + quote_name(table_name)


def to_sqlite(table: Table, connection: sqlite3.Connection, table_name: str = "t") -> None:
    """Stores the table in a database and registers `normalise` on the connection.

    Columns of numbers have no declared type, so that integers and floats stay distinct.

    Raises:
        DataError: sqlite refuses so many columns.
    """
    connection.create_function("normalise", 1, _normalise, deterministic=True)
    columns = [f"{ROW_ID} INTEGER PRIMARY KEY"]
    for name, type_ in zip(column_names(table), table.types, strict=True):
        columns.append(quote_name(name) + ("" if type_ == "real" else " TEXT"))
        if type_ == "date":
            columns.extend(f"{field} INTEGER" for field in date_fields(name))
    target = "main." + quote_name(table_name)
    try:
        connection.execute(f"CREATE TABLE {target} ({', '.join(columns)})")
    except sqlite3.OperationalError as error:
        raise DataError(
            f"give a table of at most 2000 columns for SQL, sqlite's usual limit: {table.name} "
            f"needs {len(columns)} ({error})"
        ) from error
    stored: list[Iterable[Any]] = [range(1, table.size + 1)]
    for column, type_ in zip(table.columns, table.types, strict=True):
        stored.append(map(_stored, column))
        if type_ == "date":
            fields = [(None,) * 3 if date is None else date.fields for date in column]
            stored.extend([row[field] for row in fields] for field in range(3))
    marks = ", ".join("?" * len(columns))
    with connection:
        connection.executemany(f"INSERT INTO {target} VALUES ({marks})", zip(*stored, strict=True))


def to_script(table: Table, table_name: str = "t") -> str:
    """Writes the statements that make and fill the table on which the queries of `to_sql` run."""
    with closing(sqlite3.connect(":memory:")) as connection:
        to_sqlite(table, connection, table_name)
        return "\n".join((*connection.iterdump(), ""))


def run_sql(
    program: Program,
    table: Table,
    language: Language,
    connection: sqlite3.Connection,
    table_name: str = "t",
) -> tuple[Scalar, ...]:
    """Computes the denotation by SQL, on a table stored by `to_sqlite`.

    Rows are given as row ids, dates as text.
    """
    rows = connection.execute(to_sql(program, table, language, table_name))
    return tuple(row[0] for row in rows if row[0] is not None)


def _stored(cell: Cell | None) -> Scalar | None:
    return storable(str(cell)) if isinstance(cell, (str, Date)) else cell


def _normalise(cell: Any) -> str | None:
    return None if cell is None else normalise(str(cell))
