"""Properties with which a function has a value, found without computing the values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial, reduce
from operator import or_
from typing import Any

from sparse_rl.interpreters.tables.lazy_answer import LazyAnswer
from sparse_rl.interpreters.tables.row_sets import is_one
from sparse_rl.interpreters.tables.signature import Function, Guard
from sparse_rl.interpreters.tables.table import Property, Table


class GuardedProperties:
    """Properties that a function with a guard can take.

    Args:
        function: the function, whose last argument is the property.
        guard: its guard.
        table: table of the function.
        candidates: action ids and properties of the required kind.
        narrowing: leave out properties with which the rows stay the same.
    """

    def __init__(
        self,
        function: Function,
        guard: Guard,
        table: Table,
        candidates: Sequence[tuple[int, Property]],
        narrowing: bool,
    ) -> None:
        self._function = function
        self._table = table
        self._properties = dict(candidates)
        self._guard = guard
        self._selects = guard.selects and narrowing
        self._partners = (0, 0)

    @cached_property
    def _masks(self) -> list[tuple[int, int]]:
        rows, table = self._guard.rows, self._table
        return [(action, rows(table, p.column)) for action, p in self._properties.items()]

    @cached_property
    def _any(self) -> int:
        return reduce(or_, (mask for _, mask in self._masks), 0)

    def has_value(self, rows: int) -> bool:
        """Whether the function has a value on the rows with some property."""
        if self._guard.one_row and not is_one(rows):
            return False
        if self._selects:
            return any(True for _ in self._changing(rows))
        return bool(rows & self._any)

    def of_rows(self, rows: int) -> Iterator[int]:
        """Yields the actions of the properties with which it has a value on the rows."""
        if self._guard.one_row and not is_one(rows):
            return iter(())
        if self._selects:
            return self._changing(rows)
        return (action for action, mask in self._masks if rows & mask)

    def of_two(self, row: int, other: int) -> Iterator[int]:
        """Yields the actions of the properties with which it has a value on two rows."""
        if row == other:
            return iter(())
        return (action for action, mask in self._masks if row & mask and other & mask)

    def partners(self, row: int) -> int:
        """Rows with which a function of two rows has a value, together with one row."""
        if self._partners[0] != row:
            shared = reduce(or_, (mask for _, mask in self._masks if row & mask), 0)
            self._partners = row, shared & ~row
        return self._partners[1]

    def _changing(self, rows: int) -> Iterator[int]:
        """As `of_rows`, for a function that selects some of several rows."""
        if is_one(rows):
            return
        constant = self._table.is_constant
        for action, mask in self._masks:
            if rows & mask and not constant(rows, self._properties[action].column):
                yield action

    def value(self, rows: int, *others: int) -> Callable[[int], Any]:
        """Returns the function's value on rows by the action of its property."""
        call, each, table = self._function.call, self._function.each, self._table
        if each is None or not table.is_large:
            return lambda action: call(table, rows, *others, self._properties[action])
        return lambda action: LazyAnswer(partial(each, table, rows, self._properties[action]))
