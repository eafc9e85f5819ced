"""Type hints of the language's functions, from which the grammar derives.

A function takes the table, a set of rows, and further arguments. An argument annotated `OneRow` is
a variable, `Strings`, `Number` or `Ordered` a constant, and `Property` or a kind of it a property.
It returns rows (a bit mask) or an answer (a tuple of values). An empty result, 0 or (), means that
the expression has no value, and the grammar does not offer it.

`Where` is the value of a function that judges every row by itself, which saves work.
"""

from __future__ import annotations

import hashlib
import inspect
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, NewType

from sparse_rl.errors import SparseRLError
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.table import Cell, Property, Table

Rows = NewType("Rows", int)
"""Set of rows as a bit mask."""
OneRow = NewType("OneRow", int)
"""Set of one row."""
Where = NewType("Where", int)
"""Rows that fulfil a condition, which does not depend on the other rows."""
Strings = NewType("Strings", tuple[str, ...])
Number = NewType("Number", float)
Ordered = float | Date
"""Number or date."""
Answer = tuple[Cell, ...]

_FIRST = ((Table, Rows), (Table, OneRow))
_CONSTANTS = (Strings, Number, Ordered)


def _is_property(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Property)


class Guard(NamedTuple):
    """Test whether a function, whose last argument is a property, has a value on some rows.

    Attributes:
        rows: `rows(table, column)` returns the rows, one of which the function needs.
        one_row: whether it takes one row only.
        selects: whether its value is some of its rows: all, if they have the same value.
    """

    rows: Callable[[Table, int], int]
    one_row: bool = False
    selects: bool = False


@dataclass(frozen=True)
class Function:
    """Function of the language, with its type hints.

    Attributes:
        name: name in programs.
        call: `call(table, rows, *arguments)`.
        parameters: annotated types of the arguments after the rows.
        returns: annotated type of its value.
        sql: `sql(rows, *arguments)` returns a query for the function's value on the rows, if there
            is one: whole rows in any order, or one column in the order of the answer. Rows are
            the name of a table with a column `row_id`, and so is a second variable; a property
            is its quoted column; a number and strings are literals, a date its text.
        own: whether it is a user's function, not the package's.
        guard: fast test whether it has a value; None to compute the value instead.
        each: `each(table, rows, *arguments)` yields the values of a long answer one by one.
    """

    name: str
    call: Callable[..., Any]
    parameters: tuple[Any, ...]
    returns: Any
    sql: Callable[..., str] | None = None
    own: bool = True
    guard: Guard | None = None
    each: Callable[..., Iterator[Cell]] | None = None

    @classmethod
    def of(
        cls,
        call: Callable[..., Any],
        name: str = "",
        sql: Callable[..., str] | None = None,
        own: bool = True,
        guard: Guard | None = None,
        each: Callable[..., Iterator[Cell]] | None = None,
    ) -> Function:
        """Makes a function from a signature; its name is by default the Python function's.

        Raises:
            SparseRLError: a type hint is missing or not supported.
        """
        hints = typing.get_type_hints(call)
        returns = hints.pop("return", None)
        first, parameters = tuple(hints.values())[:2], tuple(hints.values())[2:]
        place = f"{call.__module__}.{call.__qualname__}"
        if len(hints) != len(inspect.signature(call).parameters) or first not in _FIRST:
            raise SparseRLError(f"annotate {place} as (table: Table, rows: Rows, ...)")
        for kind in parameters:
            if kind not in _CONSTANTS and kind is not OneRow and not _is_property(kind):
                raise SparseRLError(
                    f"annotate the arguments of {place} as OneRow, Strings, Number, Ordered or a "
                    f"kind of Property, not {kind}"
                )
        if returns not in (Rows, Where, Answer):
            raise SparseRLError(f"let {place} return Rows, Where or Answer, not {returns}")
        if OneRow in parameters and (parameters.count(OneRow) > 1 or parameters[0] is not OneRow):
            raise SparseRLError(f"let {place} have one OneRow, right after the rows")
        # Two variables become one answer; more rows would need programs of another shape.
        if OneRow in parameters and returns != Answer:
            raise SparseRLError(f"let {place} return Answer: it takes a second variable")
        return cls(name or call.__name__, call, parameters, returns, sql, own, guard, each)

    @cached_property
    def digest(self) -> str:
        """Digest of the function's source."""
        try:
            text = inspect.getsource(self.call)
        except (OSError, TypeError):  # A function typed into an interpreter.
            text = repr((self.call.__code__.co_code, self.call.__code__.co_names))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def returns_rows(self) -> bool:
        """Whether the function's value is rows."""
        return self.returns in (Rows, Where)

    @cached_property
    def judges_rows(self) -> bool:
        """Whether its value on some rows is their intersection with its value on all rows."""
        return self.returns is Where

    @cached_property
    def pairs(self) -> bool:
        """Whether the function takes a second variable."""
        return OneRow in self.parameters
