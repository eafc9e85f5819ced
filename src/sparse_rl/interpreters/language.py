"""The functions of the program language; the grammar is derived from their type hints.

A function takes the table, a set of rows, and further arguments that its annotations describe.
It returns rows (a bit mask) or an answer (a tuple of values). An empty result, 0 or (), means that
the expression has no value there, and the grammar does not offer it.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NewType

from sparse_rl.interpreters.table import (
    Cell,
    NumberProperty,
    OrderedProperty,
    Property,
    StringProperty,
    Table,
)

Rows = NewType("Rows", int)
Answer = tuple[Cell, ...]
Strings = NewType("Strings", tuple[str, ...])
Number = NewType("Number", float)


def hop(table: Table, rows: Rows, column: Property) -> Answer:
    """Values of the column over the rows, with duplicates, in row order.

    >>> hop(medals(), Rows(0b110), medals().properties[0])
    ('peru', 'uruguay')
    """
    return table.values(rows, column.column)


def filter_in(table: Table, rows: Rows, strings: Strings, column: StringProperty) -> Rows:
    """Rows whose normalised cell contains any of the strings, as whole words.

    >>> bin(filter_in(medals(), Rows(0b111), Strings(("peru",)), medals().properties[0]))
    '0b10'
    """
    return Rows(rows & table.containing(column.column, strings))


def filter_eq(table: Table, rows: Rows, number: Number, column: OrderedProperty) -> Rows:
    """Rows whose number is equal.

    >>> bin(filter_eq(medals(), Rows(0b111), Number(2.0), medals().properties[1]))
    '0b100'
    """
    return Rows(rows & table.compared(column.column, "eq", number))


def filter_gt(table: Table, rows: Rows, number: Number, column: OrderedProperty) -> Rows:
    """Rows whose number is greater.

    >>> bin(filter_gt(medals(), Rows(0b111), Number(2.0), medals().properties[1]))
    '0b11'
    """
    return Rows(rows & table.compared(column.column, "gt", number))


def filter_lt(table: Table, rows: Rows, number: Number, column: OrderedProperty) -> Rows:
    """Rows whose number is less.

    >>> bin(filter_lt(medals(), Rows(0b111), Number(5.0), medals().properties[1]))
    '0b110'
    """
    return Rows(rows & table.compared(column.column, "lt", number))


def count(table: Table, rows: Rows) -> Answer:
    """How many rows.

    >>> count(medals(), Rows(0b101))
    (2,)
    """
    return (rows.bit_count(),)


def maximum(table: Table, rows: Rows, column: OrderedProperty) -> Answer:
    """The greatest value.

    >>> maximum(medals(), Rows(0b111), medals().properties[1])
    (7,)
    """
    values = _numbers(table, rows, column)
    return (max(values),) if values else ()


def minimum(table: Table, rows: Rows, column: OrderedProperty) -> Answer:
    """The least value.

    >>> minimum(medals(), Rows(0b111), medals().properties[1])
    (2,)
    """
    values = _numbers(table, rows, column)
    return (min(values),) if values else ()


def sum(table: Table, rows: Rows, column: NumberProperty) -> Answer:
    """The sum of the values.

    >>> sum(medals(), Rows(0b111), medals().properties[1])
    (12,)
    """
    values = _numbers(table, rows, column)
    return (_total(values),) if values else ()


def average(table: Table, rows: Rows, column: NumberProperty) -> Answer:
    """The mean of the values.

    >>> average(medals(), Rows(0b111), medals().properties[1])
    (4.0,)
    """
    values = _numbers(table, rows, column)
    return (_total(values) / len(values),) if values else ()


def _numbers(table: Table, rows: int, column: Property) -> tuple[float, ...]:
    return typing.cast("tuple[float, ...]", table.values(rows, column.column))


def _total(values: Sequence[float]) -> float:
    total = 0.0 if isinstance(values[0], float) else 0
    for value in values:
        total += value
    return total


def medals() -> Table:
    """The little table of the examples above."""
    rows = [("Brazil", 7), ("Peru", 3), ("Uruguay", 2)]
    return Table("medals", ("Nation", "Golds"), ("text", "real"), rows)


@dataclass(frozen=True)
class Function:
    """A function of the language with what its type hints say.

    Attributes:
        name: as programs write it.
        call: `call(table, rows, *arguments)`.
        parameters: annotated types of the arguments after the rows.
        returns_rows: whether its value can be filtered further.
    """

    name: str
    call: Callable[..., Any]
    parameters: tuple[Any, ...]
    returns_rows: bool

    @classmethod
    def of(cls, call: Callable[..., Any]) -> Function:
        hints = typing.get_type_hints(call)
        returns = hints.pop("return")
        parameters = tuple(hints.values())[2:]
        return cls(call.__name__, call, parameters, returns is Rows)


@dataclass(frozen=True)
class Language:
    """A set of functions and the limits of its programs.

    Attributes:
        functions: in the order of their action ids.
        max_expressions: expressions of the longest program.
        narrowing: a filter is only offered where it drops at least one row. A filter that keeps
            all rows is work without effect; leaving it out loses no denotation.
    """

    functions: tuple[Function, ...]
    max_expressions: int = 4
    narrowing: bool = True

    def __post_init__(self) -> None:
        # `count` has a value on every non-empty set of rows, so no prefix is ever a dead end.
        if "count" not in self.names:
            raise ValueError("add count to the functions: without it a program could get stuck")
        if self.max_expressions < 1:
            raise ValueError(f"allow at least one expression, not {self.max_expressions}")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(function.name for function in self.functions)

    def state_dict(self) -> dict[str, Any]:
        """Names and limits, for checkpoints."""
        return {
            "functions": list(self.names),
            "max_expressions": self.max_expressions,
            "narrowing": self.narrowing,
        }

    @classmethod
    def from_state_dict(cls, state: dict[str, Any]) -> Language:
        """The language that `state_dict` described."""
        known = {call.__name__: call for call in WIKISQL_FUNCTIONS}
        functions = tuple(Function.of(known[name]) for name in state["functions"])
        return cls(functions, state["max_expressions"], state["narrowing"])


WIKISQL_FUNCTIONS = (
    hop,
    filter_in,
    filter_eq,
    filter_gt,
    filter_lt,
    count,
    maximum,
    minimum,
    sum,
    average,
)


def wikisql_language(max_expressions: int = 4, narrowing: bool = True) -> Language:
    """The ten functions that WikiSQL needs."""
    functions = tuple(Function.of(call) for call in WIKISQL_FUNCTIONS)
    return Language(functions, max_expressions, narrowing)
