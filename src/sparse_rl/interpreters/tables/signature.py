"""What the type hints of the language's functions mean: the grammar is read off them.

A function takes the table, a set of rows, and further arguments. An argument annotated `OneRow` is
a variable, `Strings`, `Number` or `Ordered` a constant, and `Property` or a kind of it a property.
It returns rows (a bit mask) or an answer (a tuple of values). An empty result, 0 or (), means that
the expression has no value there, and the grammar does not offer it.

Two hints promise something that saves work: `Where` is the value of a function that judges every
row by itself, and a function from rows and one property to an answer has a value exactly where one
of the rows has a value of that property.
"""

from __future__ import annotations

import typing
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NewType

from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.table import Cell, Property

Rows = NewType("Rows", int)
"""A set of rows as a bit mask."""
OneRow = NewType("OneRow", int)
"""A set of one row."""
Where = NewType("Where", int)
"""Those of the rows that fulfil a condition, which does not depend on the other rows."""
Strings = NewType("Strings", tuple[str, ...])
Number = NewType("Number", float)
Ordered = float | Date
"""A number or a date."""
Answer = tuple[Cell, ...]


@dataclass(frozen=True)
class Function:
    """A function of the language with what its type hints say.

    Attributes:
        name: as programs write it.
        call: `call(table, rows, *arguments)`.
        parameters: annotated types of the arguments after the rows.
        returns: annotated type of its value.
    """

    name: str
    call: Callable[..., Any]
    parameters: tuple[Any, ...]
    returns: Any

    @classmethod
    def of(cls, call: Callable[..., Any], name: str = "") -> Function:
        """Reads the signature; the function's own name if no other is given."""
        hints = typing.get_type_hints(call)
        returns = hints.pop("return")
        return cls(name or call.__name__, call, tuple(hints.values())[2:], returns)

    @cached_property
    def returns_rows(self) -> bool:
        """Whether its value can be used as rows."""
        return self.returns in (Rows, Where)

    @cached_property
    def judges_rows(self) -> bool:
        """Whether its value on some rows is their part of its value on all rows."""
        return self.returns is Where

    @cached_property
    def sums_up(self) -> bool:
        """Whether it is an answer from one property, with a value where the property has one."""
        kinds = self.parameters
        is_property = len(kinds) == 1 and isinstance(kinds[0], type)
        return not self.returns_rows and is_property and issubclass(kinds[0], Property)

    @cached_property
    def pairs(self) -> bool:
        """Whether it takes a second variable."""
        return OneRow in self.parameters
