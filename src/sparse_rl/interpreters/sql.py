"""Programs as SQL (sqlite's dialect): readable enough to be copied, and a check of the interpreter.

The table in the database has a column `row_id` (1, 2, … in the table's order) and then one column
per column of the table, named by its header; `column_names` says how. Text is stored as the
interpreter sees it, in lower case, and an empty cell is NULL. Text is matched through a function
`normalise(text)` that `to_sqlite` registers on the connection.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from sparse_rl.interpreters.errors import ExecutionError
from sparse_rl.interpreters.language import WIKISQL_FUNCTIONS, Answer, Function
from sparse_rl.interpreters.program import ALL_ROWS, Program, format_expression, resolve
from sparse_rl.interpreters.table import Cell, Property, Table
from sparse_rl.interpreters.text import normalise

ROW_ID = "row_id"

Condition = Callable[[Any, str], str]
"""SQL of a filter: from its constant and the quoted column."""


def column_names(table: Table) -> tuple[str, ...]:
    """Names of the columns in the database, in the table's order.

    A name is the header, or "column" where that is empty. A name that is taken already (letter
    case makes no difference in SQL; `row_id` is taken from the start) gets the first free suffix
    of `_2`, `_3`, ….

    >>> rows: list[tuple[str, str, str]] = []
    >>> column_names(Table("t", ("Name", "name", ""), ("text", "text", "text"), rows))
    ('Name', 'name_2', 'column')
    """
    taken = {ROW_ID}
    names = []
    for header in table.header:
        base = name = _storable(header).replace("\0", " ").strip() or "column"
        copy = 1
        while name.lower() in taken:
            copy += 1
            name = f"{base}_{copy}"
        taken.add(name.lower())
        names.append(name)
    return tuple(names)


def quote_name(name: str) -> str:
    """An SQL identifier.

    >>> quote_name('5" guns')
    '"5"" guns"'
    """
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """An SQL text literal.

    >>> quote_text("o'neal")
    "'o''neal'"
    """
    escaped = _storable(text).replace("'", "''")
    # No SQL text can hold NUL itself.
    return "'" + escaped.replace("\0", "' || char(0) || '") + "'"


def quote_number(value: float) -> str:
    """An SQL number literal, an integer where the value is one.

    >>> quote_number(2.0), quote_number(0.25), quote_number(float("-inf"))
    ('2', '0.25', '-9e999')
    """
    if float(value).is_integer():
        return str(int(value))
    return repr(float(value)).replace("inf", "9e999")


def _contains(strings: tuple[str, ...], column: str) -> str:
    padded = (quote_text(f" {string} ") for string in strings)
    tests = [f"instr(' ' || normalise({column}) || ' ', {string}) > 0" for string in padded]
    return tests[0] if len(tests) == 1 else "(" + " OR ".join(tests) + ")"


def _compares(operator: str) -> Condition:
    return lambda number, column: f"{column} {operator} {quote_number(number)}"


# A comparison with NULL does not hold: filters drop empty cells, aggregates leave them out.
_CONDITIONS: dict[str, Condition] = {
    "filter_in": _contains,
    "filter_eq": _compares("="),
    "filter_gt": _compares(">"),
    "filter_lt": _compares("<"),
}
_AGGREGATES = {"maximum": "max", "minimum": "min", "sum": "sum", "average": "avg"}
_FUNCTIONS = {call.__name__: Function.of(call) for call in WIKISQL_FUNCTIONS}


def to_sql(program: Program, table: Table, table_name: str = "t") -> str:
    """One query that gives the program's denotation on the table as `to_sqlite` stores it.

    Every expression but the last becomes a common table expression of its variable's name. A
    program that ends in rows selects them whole, `row_id` first. Where the interpreter has no
    value (no row is left), the query returns no row, NULL, or a count of 0.

    >>> from sparse_rl.interpreters.language import medals, wikisql_language
    >>> from sparse_rl.interpreters.program import parse_program
    >>> text = "( filter_in all_rows ['peru'] r.nation-string ) ( hop v0 r.golds-number )"
    >>> print(to_sql(parse_program(text, wikisql_language()), medals()))
    WITH
      v0 AS (SELECT * FROM "t" WHERE instr(' ' || normalise("Nation") || ' ', ' peru ') > 0)
    SELECT "Golds" FROM v0 WHERE "Golds" IS NOT NULL ORDER BY row_id

    Raises:
        ExecutionError: the table has no such property, or an answer is used as rows.
    """
    properties = {p.name: p for p in table.properties}
    names = column_names(table)
    sources = {ALL_ROWS: _source(table_name, len(program))}
    selects = []
    for index, expression in enumerate(program):
        function = _FUNCTIONS.get(expression.function)
        if function is None:
            raise ExecutionError(
                f"use one of {sorted(_FUNCTIONS)} where SQL is asked for: {expression.function!r} "
                "has no SQL"
            )
        source = sources.get(expression.rows)
        if source is None:
            raise ExecutionError(f"use rows in {format_expression(expression)}, not an answer")
        arguments = [
            resolve(argument, kind, properties, table)
            for argument, kind in zip(expression.arguments, function.parameters, strict=True)
        ]
        selects.append(_select(function, arguments, source, table, names))
        if function.returns_rows:
            sources[f"v{index}"] = f"v{index}"
    *earlier, last = selects
    # Row order is asked for where several rows come back; inside, a set of rows has none.
    if _FUNCTIONS[program[-1].function].name not in ("count", *_AGGREGATES):
        last += f" ORDER BY {ROW_ID}"
    if not earlier:
        return last
    tables = ",\n".join(f"  v{index} AS ({select})" for index, select in enumerate(earlier))
    return f"WITH\n{tables}\n{last}"


def _source(table_name: str, expressions: int) -> str:
    """The quoted table; its schema too where a variable has the same name."""
    clash = table_name.lower() in {f"v{index}" for index in range(expressions)}
    return ("main." if clash else "") + quote_name(table_name)


def _select(
    function: Function, arguments: list[Any], source: str, table: Table, names: tuple[str, ...]
) -> str:
    if function.name == "count":
        return f"SELECT count(*) FROM {source}"
    property_: Property = arguments[-1]
    column = quote_name(names[property_.column])
    if function.name == "hop":
        return f"SELECT {column} FROM {source} WHERE {column} IS NOT NULL"
    if function.name in _CONDITIONS:
        condition = _CONDITIONS[function.name](arguments[0], column)
        return f"SELECT * FROM {source} WHERE {condition}"
    aggregate = _AGGREGATES[function.name]
    if aggregate == "sum" and _overflows(table, property_):
        aggregate = "total"
    return f"SELECT {aggregate}({column}) FROM {source}"


def _overflows(table: Table, property_: Property) -> bool:
    """Whether `sum` could leave the 64-bit integers, which is an error in sqlite."""
    cells = table.columns[property_.column]
    return sum(abs(cell) for cell in cells if isinstance(cell, int)) >= 1 << 63


def to_sqlite(table: Table, connection: sqlite3.Connection, table_name: str = "t") -> None:
    """Stores the table in a database and registers `normalise` on the connection.

    Columns of numbers have no declared type, so that integers and floats stay what they are.
    """
    connection.create_function("normalise", 1, _normalise, deterministic=True)
    columns = [f"{ROW_ID} INTEGER PRIMARY KEY"]
    for name, type_ in zip(column_names(table), table.types, strict=True):
        columns.append(quote_name(name) + (" TEXT" if type_ == "text" else ""))
    target = "main." + quote_name(table_name)
    connection.execute(f"CREATE TABLE {target} ({', '.join(columns)})")
    rows = (
        (index + 1, *(_stored(column[index]) for column in table.columns))
        for index in range(table.size)
    )
    marks = ", ".join("?" * len(columns))
    with connection:
        connection.executemany(f"INSERT INTO {target} VALUES ({marks})", rows)


def run_sql(
    program: Program, table: Table, connection: sqlite3.Connection, table_name: str = "t"
) -> Answer:
    """The denotation by SQL, of a table that `to_sqlite` has stored; row ids where it is rows."""
    rows = connection.execute(to_sql(program, table, table_name))
    return tuple(row[0] for row in rows if row[0] is not None)


def _stored(cell: Cell | None) -> Cell | None:
    return _storable(cell) if isinstance(cell, str) else cell


def _normalise(cell: Any) -> str | None:
    return None if cell is None else normalise(str(cell))


def _storable(text: str) -> str:
    """Half of a surrogate pair cannot be stored; it is no part of any word."""
    return text.encode("utf-8", "replace").decode("utf-8")
