"""SQL of single expressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.no_value import NO_VALUE
from sparse_rl.interpreters.tables.signature import Function
from sparse_rl.interpreters.tables.sql_cells import NoSQLError
from sparse_rl.interpreters.tables.sql_dates import compares_dates, is_one_of, order_of_dates
from sparse_rl.interpreters.tables.sql_names import (
    ROW_ID,
    quote_name,
    quote_number,
    quote_text,
)
from sparse_rl.interpreters.tables.table import DateProperty, Property, Relation, Table

_RELATIONS: dict[str, tuple[Relation, str]] = {
    "filter_eq": ("eq", "="),
    "filter_gt": ("gt", ">"),
    "filter_ge": ("ge", ">="),
    "filter_lt": ("lt", "<"),
    "filter_le": ("le", "<="),
}
_AGGREGATES = {"sum": "sum", "average": "avg"}
# Filters that are negations of others, with empty cells.
_NEGATED = {"filter_ne": "filter_eq", "filter_not_in": "filter_in"}


class SelectWriter:
    """Writes expressions as SELECTs.

    Args:
        base: name of all rows, with a column `row_id` and the columns of the table.
        table: the table.
        names: names of its columns, see `column_names`.

    Attributes:
        used: indices of the columns that the expressions written so far name.
    """

    def __init__(self, base: str, table: Table, names: Sequence[str]) -> None:
        self._base = base
        self._table = table
        self._names = names
        self.used: set[int] = set()

    def select(self, function: Function, source: str, arguments: Sequence[Any]) -> str:
        """Writes the value of an expression on the rows of `source`; rows in no particular order.

        Raises:
            NoSQLError: a user's own function has no SQL.
        """
        if function.own:
            return self._own(function, source, arguments)
        call = function.call.__name__
        if call == "no_answer":
            raise NoSQLError("ask another question for SQL: the table does not answer this one")
        if not function.parameters:
            return self._of_rows(call, source)
        property_: Property = arguments[-1]
        column = self._column(property_)
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
            case "count_distinct":
                return f"SELECT count(DISTINCT {column}) FROM {source}"
            case "mode":
                counts = f"SELECT count(*) AS n FROM {source} WHERE {column} IS NOT NULL "
                return (
                    f"{_values(column, source)} GROUP BY {column} HAVING count(*) = "
                    f"(SELECT max(n) FROM ({counts}GROUP BY {column})) ORDER BY min({ROW_ID})"
                )
            case "diff":
                number = self._summand(property_)
                return (
                    f"SELECT abs((SELECT {number} FROM {source}) - "
                    f"(SELECT {number} FROM {arguments[0]}))"
                )
            case "maximum" | "minimum":
                return self._extreme(call == "maximum", source, property_)
        return f"SELECT {_AGGREGATES[call]}({self._summand(property_)}) FROM {source}"

    def _column(self, property_: Property) -> str:
        self.used.add(property_.column)
        return quote_name(self._names[property_.column])

    def _summand(self, property_: Property) -> str:
        """The column, as floats if a sum of its integers could need more than 64 bits."""
        column, cells = self._column(property_), self._table.columns[property_.column]
        beyond = sum(abs(cell) for cell in cells if isinstance(cell, int)) >= 1 << 63
        return f"CAST({column} AS DOUBLE)" if beyond else column

    def _own(self, function: Function, source: str, arguments: Sequence[Any]) -> str:
        if function.sql is None:
            raise NoSQLError(
                f"give @language_function of {function.name} the option sql: it has no SQL"
            )
        return function.sql(source, *map(self._written, arguments))

    def _written(self, argument: Any) -> Any:
        """Converts an argument for the `sql` of a user's own function."""
        if isinstance(argument, Property):
            return self._column(argument)
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
        column = self._column(property_)
        if not isinstance(property_, DateProperty):
            return f"SELECT {'max' if greatest else 'min'}({column}) FROM {source}"
        order = order_of_dates(self._table, property_.column, column)
        return f"{_values(column, source)} ORDER BY {order}{' DESC' if greatest else ''} LIMIT 1"

    def _condition(self, call: str, constant: Any, property_: Property) -> str:
        if constant == NO_VALUE:
            return self._is_missing(property_, call == "filter_in")
        if call in _NEGATED:
            return f"({self._condition(_NEGATED[call], constant, property_)}) IS NOT TRUE"
        table, place, column = self._table, property_.column, self._column(property_)
        if isinstance(constant, tuple):
            # The cells that the strings name: SQL has no function that splits text into words.
            cells = dict.fromkeys(table.values(table.containing(place, constant), place))
            return is_one_of(column, list(cells))
        relation, operator = _RELATIONS[call]
        if isinstance(constant, Date):
            return compares_dates(table, place, column, relation, constant)
        # A comparison with NULL does not hold: filters drop empty cells, aggregates skip them.
        return f"{column} {operator} {quote_number(constant)}"

    def _is_missing(self, property_: Property, wanted: bool) -> str:
        """Tests whether a cell has no value, or whether it has one."""
        place, column = property_.column, self._column(property_)
        markers = dict.fromkeys(self._table.values(self._table.missing(place), place))
        null = f"{column} IS NULL" if wanted else f"{column} IS NOT NULL"
        if not markers:
            return null
        marked = is_one_of(column, list(markers))
        return f"({null} OR {marked})" if wanted else f"{null} AND NOT {marked}"


def _values(column: str, source: str) -> str:
    return f"SELECT {column} FROM {source} WHERE {column} IS NOT NULL"
