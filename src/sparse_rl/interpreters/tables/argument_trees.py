"""Trees of the argument choices with which a function has a value on some rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sparse_rl.interpreters.tables.guarded import GuardedProperties
from sparse_rl.interpreters.tables.row_sets import is_one
from sparse_rl.interpreters.tables.signature import Function, Guard
from sparse_rl.interpreters.tables.table import Table


class Choice:
    """Choice of an argument: maps each valid action to a further `Choice` or to a value."""

    __slots__ = ("_next", "valid")

    def __init__(self, next_: Mapping[int, Any]) -> None:
        self._next = next_
        self.valid = tuple(next_)

    def follow(self, action: int) -> Any:
        """Returns the `Choice` or value of a valid action."""
        return self._next[action]

    def leaves(self, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Any]]:
        """Yields all values with their action sequences."""
        for action in self.valid:
            branch = self.follow(action)
            if isinstance(branch, Choice):
                yield from branch.leaves((*path, action))
            else:
                yield (*path, action), branch


class Later(Choice):
    """Choice with values computed on demand, since few are needed."""

    __slots__ = ("_compute",)

    def __init__(self, valid: tuple[int, ...], compute: Callable[[int], Any]) -> None:
        self._next: dict[int, Any] = {}
        self.valid = valid
        self._compute = compute

    def follow(self, action: int) -> Any:
        if action not in self._next:
            self._next[action] = self._compute(action)
        return self._next[action]


def pruned(tree: Any, keep: Callable[[Any], bool]) -> Any:
    """Prunes a tree, or a bare value, to the values to keep; None without any."""
    if not isinstance(tree, Choice):
        return tree if tree is not None and keep(tree) else None
    branches = {action: pruned(tree.follow(action), keep) for action in tree.valid}
    branches = {action: branch for action, branch in branches.items() if branch is not None}
    return Choice(branches) if branches else None


class ArgumentTrees:
    """Cached argument trees of functions on one table.

    Args:
        table: table of the functions.
        candidates: action ids and values for each annotated parameter type.
        narrowing: leave out arguments that leave the rows unchanged.
    """

    def __init__(
        self, table: Table, candidates: Mapping[Any, list[tuple[int, Any]]], narrowing: bool
    ) -> None:
        self._table = table
        self._candidates = candidates
        self._narrowing = narrowing
        self._trees: dict[tuple[str, int], Any] = {}
        self._one_row_trees: dict[tuple[str, int], Any] = {}
        self._wheres: dict[str, tuple[Any, tuple[int, ...]]] = {}
        self._guarded: dict[str, GuardedProperties] = {}

    def has_value(self, function: Function, rows: int) -> bool:
        """Whether some arguments give the function a value on the rows."""
        if function.guard is not None:
            return self._properties(function, function.guard).has_value(rows)
        if function.judges_rows:
            masks = self._where(function)[1]
            if self._narrowing:
                return any(0 < rows & mask != rows for mask in masks)
            return any(rows & mask for mask in masks)
        return self.tree(function, rows) is not None

    def tree(self, function: Function, rows: int) -> Any:
        """Builds the tree of all argument choices with a value.

        Returns:
            A `Choice`, or the value of a function without arguments; None if no choice has a value.
        """
        key = (function.name, rows)
        if key not in self._trees:
            if function.guard is not None:
                properties = self._properties(function, function.guard)
                valid = tuple(properties.of_rows(rows))
                tree: Any = Later(valid, properties.value(rows)) if valid else None
            elif function.judges_rows:
                tree = self._within(self._where(function)[0], rows)
            else:
                tree = self.grow(function, rows, ())
            self._trees[key] = tree
        return self._trees[key]

    def one_row_tree(self, function: Function, rows: int) -> Any:
        """Builds the part of `tree` whose values are one row; None if there is none."""
        key = (function.name, rows)
        if key not in self._one_row_trees:
            self._one_row_trees[key] = pruned(self.tree(function, rows), is_one)
        return self._one_row_trees[key]

    def grow(self, function: Function, rows: int, arguments: tuple[Any, ...]) -> Any:
        """Builds the tree after the first arguments by calling the function with all choices."""
        if len(arguments) == len(function.parameters):
            value = function.call(self._table, rows, *arguments)
            return None if self._is_useless(function, rows, value) else value
        branches = {}
        for action, argument in self._candidates[function.parameters[len(arguments)]]:
            branch = self.grow(function, rows, (*arguments, argument))
            if branch is not None:
                branches[action] = branch
        return Choice(branches) if branches else None

    def _is_useless(self, function: Function, rows: int, value: Any) -> bool:
        return not value or (self._narrowing and function.returns_rows and value == rows)

    def joins(self, function: Function, row: int, other: int) -> bool:
        """Whether a function of two rows has a value on them."""
        if function.guard is None:
            return self.grow(function, row, (other,)) is not None
        return bool(other & self._properties(function, function.guard).partners(row))

    def joined(self, function: Function, row: int, other: int) -> Any:
        """Builds the tree of a function of two rows; None if it has no value on them."""
        if function.guard is None:
            return self.grow(function, row, (other,))
        properties = self._properties(function, function.guard)
        valid = tuple(properties.of_two(row, other))
        return Later(valid, properties.value(row, other)) if valid else None

    def _properties(self, function: Function, guard: Guard) -> GuardedProperties:
        found = self._guarded.get(function.name)
        if found is None:
            candidates = self._candidates[function.parameters[-1]]
            found = GuardedProperties(function, guard, self._table, candidates, self._narrowing)
            self._guarded[function.name] = found
        return found

    def _where(self, function: Function) -> tuple[Any, tuple[int, ...]]:
        """Tree of the masks of each choice on the whole table, and these masks."""
        found = self._wheres.get(function.name)
        if found is None:
            tree = self._judged(function, ())
            masks = dict.fromkeys(_values(tree))
            found = self._wheres[function.name] = (tree, tuple(masks))
        return found

    def _judged(self, function: Function, arguments: tuple[Any, ...]) -> Any:
        if len(arguments) == len(function.parameters):
            return function.call(self._table, self._table.all_rows, *arguments) or None
        branches = {
            action: branch
            for action, argument in self._candidates[function.parameters[len(arguments)]]
            if (branch := self._judged(function, (*arguments, argument))) is not None
        }
        return Choice(branches) if branches else None

    def _within(self, tree: Any, rows: int) -> Any:
        """Restricts a tree of whole-table masks to `rows`; drops choices that keep none."""
        if not isinstance(tree, Choice):
            value = rows & (tree or 0)
            return value if value and not (self._narrowing and value == rows) else None
        if self._table.is_large:
            valid = tuple(a for a in tree.valid if self._keeps(tree.follow(a), rows))
            return Later(valid, lambda a: self._within(tree.follow(a), rows)) if valid else None
        branches = {
            action: branch
            for action in tree.valid
            if (branch := self._within(tree.follow(action), rows)) is not None
        }
        return Choice(branches) if branches else None

    def _keeps(self, tree: Any, rows: int) -> bool:
        """Whether a restricted tree has a value."""
        if isinstance(tree, Choice):
            return any(self._keeps(tree.follow(action), rows) for action in tree.valid)
        return bool(rows & tree) and not (self._narrowing and rows & tree == rows)


def _values(tree: Any) -> Iterable[Any]:
    if isinstance(tree, Choice):
        return (value for _, value in tree.leaves())
    return () if tree is None else (tree,)
