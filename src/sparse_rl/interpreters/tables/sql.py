"""Programs as SQL, for sqlite and DuckDB: readable queries, and a check of the interpreter.

A query runs on the table as a database imports it from its file, every cell as text
(`ImportedTable`), with no function or column that is not there. Its first table expression,
`typed`, reads the columns that the program names as the interpreter does, a date as text
(`1950-06-xx`), and numbers the rows from 1 in `row_id`.
"""

from __future__ import annotations

from typing import Any, Protocol

from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.program import ALL_ROWS, Program, resolve
from sparse_rl.interpreters.tables.sql_cells import NoSQLError, reading
from sparse_rl.interpreters.tables.sql_import import ImportedTable
from sparse_rl.interpreters.tables.sql_names import ROW_ID, column_names, quote_name
from sparse_rl.interpreters.tables.sql_select import SelectWriter
from sparse_rl.interpreters.tables.table import Scalar, Table

_TYPED = "typed"


class Connection(Protocol):
    """Connection to a database, such as sqlite3's or DuckDB's."""

    def execute(self, query: str, /) -> Any: ...


def to_sql(
    program: Program, table: Table, language: Language, imported: ImportedTable | None = None
) -> str:
    """Writes one query for the program's denotation.

    Every expression but the last becomes a common table expression with its variable's name. A
    program that ends in rows selects all columns, `row_id` first. If the interpreter has no value
    because no row is left, the query returns no row, NULL, or a count of 0.

    >>> from sparse_rl.interpreters.tables.functions import medals
    >>> from sparse_rl.interpreters.tables.language import wikisql_language
    >>> from sparse_rl.interpreters.tables.program import parse_program
    >>> text = "( filter_in all_rows ['peru'] r.nation-string ) ( hop v0 r.golds-number )"
    >>> program = parse_program(text, wikisql_language())
    >>> print(to_sql(program, medals(), wikisql_language()))
    WITH
      typed AS (
        SELECT row_number() OVER () AS row_id,
          "Nation",
          CAST("Golds" AS BIGINT) AS "Golds"
        FROM "t"
      ),
      v0 AS (SELECT * FROM typed WHERE "Nation" IN ('peru'))
    SELECT "Golds" FROM v0 WHERE "Golds" IS NOT NULL ORDER BY row_id

    Args:
        program: program to translate.
        table: table that its constants come from.
        language: language of the program.
        imported: the table in the database; by default `ImportedTable.of_views(table)`.

    Raises:
        ExecutionError: the table has no such property, or an answer is used as rows.
        NoSQLError: a user's own function has no SQL, or thousands of cells would have to be listed.
    """
    functions = {function.name: function for function in language.functions}
    names = column_names(table)
    writer = SelectWriter(_TYPED, table, names)
    sources = {ALL_ROWS: _TYPED}
    selects = []
    for index, expression in enumerate(program):
        function = functions[expression.function]
        source, *arguments = resolve(expression, function, table, sources)
        selects.append(writer.select(function, source, arguments))
        if function.returns_rows:
            sources[f"v{index}"] = f"v{index}"
    *earlier, last = selects
    used = sorted(writer.used)
    # Only the final result has an order; inside, rows are a set.
    if functions[program[-1].function].returns_rows:
        last += f" ORDER BY {ROW_ID}"
        used = list(range(len(names)))
    typed = _typed(table, imported or ImportedTable.of_views(table), used, {_TYPED, *sources})
    tables = (typed, *(f"  v{index} AS ({select})" for index, select in enumerate(earlier)))
    return "WITH\n" + ",\n".join(tables) + f"\n{last}"


def sql_if_any(
    program: Program, table: Table, language: Language, imported: ImportedTable | None = None
) -> str | None:
    """Writes SQL as `to_sql`; None if there is none."""
    try:
        return to_sql(program, table, language, imported)
    except NoSQLError:
        return None


def run_sql(query: str, connection: Connection) -> tuple[Scalar, ...]:
    """Computes a denotation by a query of `to_sql`: row ids, or an answer with dates as text."""
    rows = connection.execute(query).fetchall()
    return tuple(row[0] for row in rows if row[0] is not None)


def _typed(table: Table, imported: ImportedTable, used: list[int], taken: set[str]) -> str:
    """Writes the table expression that reads the columns used; other names there are `taken`."""
    names = column_names(table)
    columns = [f"SELECT row_number() OVER () AS {ROW_ID}"]
    for place in used:
        source = imported.sources[place]
        column, name = quote_name(imported.columns[source]), quote_name(names[place])
        read = imported.readings.get(place)
        if read is None:
            texts, values = imported.texts(source), table.columns[place]
            read = reading(column, texts, values, table.types[place])
            imported.readings[place] = read
        columns.append(column if read == column == name else f"{read} AS {name}")
    # A variable with the table's name would hide the table, but for its schema.
    schema = "main." if imported.name.lower() in taken else ""
    body = ",\n      ".join(columns)
    return f"  {_TYPED} AS (\n    {body}\n    FROM {schema}{quote_name(imported.name)}\n  )"
