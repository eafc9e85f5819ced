"""SQL of single expressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sparse_rl.errors import ExecutionError
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.signature import Function
from sparse_rl.interpreters.tables.sql_names import (
    ROW_ID,
    date_fields,
    quote_name,
    quote_number,
    quote_text,
)
from sparse_rl.interpreters.tables.table import DateProperty, Property, Table

_OPERATORS = {
    "filter_eq": "=",
    "filter_gt": ">",
    "filter_ge": ">=",
    "filter_lt": "<",
    "filter_le": "<=",
}
_AGGREGATES = {"sum": "sum", "average": "avg", "maximum": "max", "minimum": "min"}
# Filters that are negations of others, with empty cells.
_NEGATED = {"filter_ne": "filter_eq", "filter_not_in": "filter_in"}


class NoSQLError(ExecutionError):
    """A function of the program has no SQL."""


class SelectWriter:
    """Writes expressions as SELECTs.

    Args:
        base: the quoted name of the table in the database.
        table: the table.
        names: names of its columns, see `column_names`.
    """

    def __init__(self, base: str, table: Table, names: Sequence[str]) -> None:
        self._base = base
        self._table = table
        self._names = names

    def select(self, function: Function, source: str, arguments: Sequence[Any]) -> str:
        """Writes the value of an expression on the rows of `source`; rows in no particular order.

        Raises:
            NoSQLError: a user's own function has no SQL.
        """
        if function.own:
            return self._own(function, source, arguments)
        call = function.call.__name__
        if not function.parameters:
            return self._of_rows(call, source)
        property_: Property = arguments[-1]
        column = quote_name(self._names[property_.column])
        if function.judges_rows:
            return f"SELECT * FROM {source} WHERE {self._condition(call, arguments[0], property_)}"
        match call:
            case "argmax" | "argmin":
                extreme = self._extreme(call == "argmax", source, property_)
                return f"SELECT * FROM {source} WHERE {column} = ({extreme})"
            case "same_as":
                return (
                    f"SELECT * FROM {self._base} WHERE {column} = (SELECT {column} FROM {source}) "
                    f"AND {ROW_ID} <> (SELECT {ROW_ID} FROM {source})"
                )
            case "hop":
                return f"{_values(column, source)} ORDER BY {ROW_ID}"
            case "distinct_hop":
                return f"{_values(column, source)} GROUP BY {column} ORDER BY min({ROW_ID})"
            case "mode":
                counts = f"SELECT count(*) AS n FROM {source} WHERE {column} IS NOT NULL "
                return (
                    f"{_values(column, source)} GROUP BY {column} HAVING count(*) = "
                    f"(SELECT max(n) FROM ({counts}GROUP BY {column})) ORDER BY min({ROW_ID})"
                )
            case "diff":
                return (
                    f"SELECT abs((SELECT {column} FROM {source}) - "
                    f"(SELECT {column} FROM {arguments[0]}))"
                )
            case "maximum" | "minimum":
                return self._extreme(call == "maximum", source, property_)
        aggregate = _AGGREGATES[call]
        if aggregate == "sum" and _overflows(self._table, property_):
            aggregate = "total"
        return f"SELECT {aggregate}({column}) FROM {source}"

    def _own(self, function: Function, source: str, arguments: Sequence[Any]) -> str:
        if function.sql is None:
            raise NoSQLError(
                f"give @language_function of {function.name} the option sql: it has no SQL"
            )
        return function.sql(source, *map(self._written, arguments))

    def _written(self, argument: Any) -> Any:
        """Converts an argument for the `sql` of a user's own function."""
        if isinstance(argument, Property):
            return quote_name(self._names[argument.column])
        if isinstance(argument, tuple):
            return tuple(map(quote_text, argument))
        if isinstance(argument, Date):
            return quote_text(str(argument))
        return quote_number(argument) if isinstance(argument, float) else argument

    def _of_rows(self, call: str, source: str) -> str:
        match call:
            case "first" | "last":
                edge = "min" if call == "first" else "max"
                row = f"SELECT {edge}({ROW_ID}) FROM {source}"
                return f"SELECT * FROM {source} WHERE {ROW_ID} = ({row})"
            case "previous" | "next_":
                sign = "-" if call == "previous" else "+"
                rows = f"SELECT {ROW_ID} {sign} 1 FROM {source}"
                return f"SELECT * FROM {self._base} WHERE {ROW_ID} IN ({rows})"
        return f"SELECT count(*) FROM {source}"

    def _extreme(self, greatest: bool, source: str, property_: Property) -> str:
        name = self._names[property_.column]
        column = quote_name(name)
        if not isinstance(property_, DateProperty):
            return f"SELECT {'max' if greatest else 'min'}({column}) FROM {source}"
        way = " DESC" if greatest else ""
        order = ", ".join(f"{field}{way}" for field in date_fields(name))
        return f"{_values(column, source)} ORDER BY {order} LIMIT 1"

    def _condition(self, call: str, constant: Any, property_: Property) -> str:
        if call in _NEGATED:
            return f"NOT coalesce({self._condition(_NEGATED[call], constant, property_)}, 0)"
        name = self._names[property_.column]
        column = quote_name(name)
        if call == "filter_in":
            if self._table.wording.cell_first:
                return self._named(constant, property_)
            return _contains(constant, column)
        if isinstance(constant, Date):
            return _compares_dates(_OPERATORS[call], constant, date_fields(name))
        # A comparison with NULL does not hold: filters drop empty cells, aggregates skip them.
        return f"{column} {_OPERATORS[call]} {quote_number(constant)}"

    def _named(self, strings: tuple[str, ...], property_: Property) -> str:
        """Lists the cells that the strings name: no function of ours is needed."""
        table, place = self._table, property_.column
        cells = dict.fromkeys(table.values(table.containing(place, strings), place))
        column = quote_name(self._names[place])
        return f"{column} IN ({', '.join(quote_text(cell) for cell in cells)})"


def _values(column: str, source: str) -> str:
    return f"SELECT {column} FROM {source} WHERE {column} IS NOT NULL"


def _contains(strings: tuple[str, ...], column: str) -> str:
    padded = (quote_text(f" {string} ") for string in strings)
    tests = [f"instr(' ' || normalise({column}) || ' ', {string}) > 0" for string in padded]
    return tests[0] if len(tests) == 1 else "(" + " OR ".join(tests) + ")"


def _compares_dates(operator: str, date: Date, columns: Sequence[str]) -> str:
    """Compares dates; a field that the cell lacks is taken from the date, so that it is neutral.

    >>> _compares_dates(">", Date(None, 6, 1), ("y", "m", "d"))
    '((coalesce(m, 6), coalesce(d, 1)) > (6, 1) AND coalesce(m, d) IS NOT NULL)'
    """
    known = [(c, f) for c, f in zip(columns, date.fields, strict=True) if f is not None]
    if len(known) == 1:
        ((column, field),) = known
        return f"{column} {operator} {field}"
    cells = ", ".join(f"coalesce({column}, {field})" for column, field in known)
    fields = ", ".join(str(field) for _, field in known)
    shared = f"coalesce({', '.join(column for column, _ in known)}) IS NOT NULL"
    return f"(({cells}) {operator} ({fields}) AND {shared})"


def _overflows(table: Table, property_: Property) -> bool:
    """Whether `sum` could leave the 64-bit integers, which is an error in sqlite."""
    cells = table.columns[property_.column]
    return sum(abs(cell) for cell in cells if isinstance(cell, int)) >= 1 << 63
