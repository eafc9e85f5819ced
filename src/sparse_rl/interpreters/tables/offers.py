"""Next expressions of a prefix: only those from which a program can be completed.

In a complete program every variable but the last is used. Most programs are chains, in which each
expression works on the rows of the previous one. A function of two variables can join two chains:
then two variables may be unused at a time, but never more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sparse_rl.interpreters.tables.argument_trees import ArgumentTrees, Choice, pruned
from sparse_rl.interpreters.tables.row_sets import is_one
from sparse_rl.interpreters.tables.signature import Function


class Scope(NamedTuple):
    """Variables of a prefix.

    Attributes:
        variables: rows of `v0`, `v1`, ….
        unused: bit i is set until an expression uses variable i.
    """

    variables: tuple[int, ...] = ()
    unused: int = 0

    def use(self, index: int) -> Scope:
        """Returns the scope after an expression that names a variable."""
        return Scope(self.variables, self.unused & ~(1 << index))

    def bind(self, rows: int) -> Scope:
        """Returns the scope with one more variable."""
        return Scope((*self.variables, rows), self.unused | 1 << len(self.variables))


_NOTHING: dict[int, dict[int, Any]] = {}


class Offers:
    """Offers of the grammar at the beginning of an expression and inside it.

    Args:
        trees: arguments with which functions have a value.
        functions: functions on offer, by action id.
        max_expressions: greatest number of expressions in a program.
        all_rows: action id and value of all rows; the variables' action ids follow it.
    """

    def __init__(
        self,
        trees: ArgumentTrees,
        functions: dict[int, Function],
        max_expressions: int,
        all_rows: tuple[int, int],
    ) -> None:
        self.max_expressions = max_expressions
        self.trees = trees
        self._all = functions
        self._single = {a: f for a, f in functions.items() if not f.pairs}
        self._pairing = {a: f for a, f in functions.items() if f.pairs}
        # If `count` is on offer, any rows lead to a complete program.
        self._always_ends = any(f.name == "count" for f in functions.values())
        self._all_rows_action, self._all_rows = all_rows
        self._chains: dict[tuple[int, int], tuple[int, ...]] = {}
        self._pairs: dict[Scope, dict[int, dict[int, Any]]] = {}

    def variable(self, index: int) -> int:
        """Action id of variable `index`; -1 stands for all rows."""
        return self._all_rows_action + 1 + index

    def functions(self, scope: Scope) -> tuple[int, ...]:
        """Functions with a value here after which the program can be completed."""
        chained = self.chained(scope)
        if not self._pairing:
            return chained
        paired = self.paired(scope)
        return tuple(sorted({*chained, *paired})) if paired else chained

    def choice(self, action: int, scope: Scope) -> Choice:
        """Rows and arguments of a function that `functions` offers."""
        branches = dict(self.paired(scope).get(action, {})) if self._pairing else {}
        if not self._pairing or action in self.chained(scope):
            last = len(scope.variables) - 1
            branches[self.variable(last)] = self.chained_tree(action, scope)
        return Choice(branches)

    def use(self, scope: Scope, action: int) -> Scope:
        """Returns the scope after an expression that names rows by their action id."""
        return scope.use(action - self.variable(0)) if action > self._all_rows_action else scope

    def chained(self, scope: Scope) -> tuple[int, ...]:
        """Functions that continue from the last variable, or from all rows at the start."""
        variables, unused = scope
        if unused & (unused - 1):
            return ()
        rows = variables[-1] if variables else self._all_rows
        return self.chain_functions(rows, self.max_expressions - len(variables))

    def chained_tree(self, action: int, scope: Scope) -> Any:
        """Arguments after the last variable of a function that `chained` offers."""
        return self.chain_tree(self._all[action], self._last_rows(scope), self._left(scope))

    def _last_rows(self, scope: Scope) -> int:
        return scope.variables[-1] if scope.variables else self._all_rows

    def chain_functions(self, rows: int, left: int) -> tuple[int, ...]:
        """Functions that can come next on `rows` in a chain with `left` expressions left."""
        key = (rows, left)
        found = self._chains.get(key)
        if found is None:
            found = tuple(a for a, f in self._single.items() if self._continues(f, rows, left))
            self._chains[key] = found
        return found

    def chain_tree(self, function: Function, rows: int, left: int) -> Any:
        """Arguments of a function that `chain_functions` offers."""
        tree = self.trees.tree(function, rows)
        if self._always_ends or not function.returns_rows:
            return tree
        return pruned(tree, lambda value: bool(self.chain_functions(value, left - 1)))

    def paired(self, scope: Scope) -> dict[int, dict[int, Any]]:
        """Expressions outside chains: trees by function and by the rows that they name."""
        if not self._may_pair(scope):
            return _NOTHING
        found = self._pairs.get(scope)
        if found is None:
            found = self._pairs[scope] = {}
            for index, rows in enumerate((self._all_rows, *scope.variables), -1):
                for action, tree in self._with(index, rows, scope):
                    found.setdefault(action, {})[self.variable(index)] = tree
        return found

    def may_join(self, scope: Scope) -> bool:
        """Whether a continuation may join two variables; a fast test, exact if False."""
        left = self._left(scope)
        one = any(map(is_one, scope.variables))
        return self._may_pair(scope) or (bool(self._pairing) and left > 1 and (left > 2 or one))

    def _left(self, scope: Scope) -> int:
        return self.max_expressions - len(scope.variables)

    def _continues(self, function: Function, rows: int, left: int) -> bool:
        if function.returns_rows and left == 1:
            return False
        if self._always_ends or not function.returns_rows:
            return self.trees.has_value(function, rows)
        return self.chain_tree(function, rows, left) is not None

    def _may_pair(self, scope: Scope) -> bool:
        """Whether two variables may still be joined; a fast test, exact if False."""
        if not self._pairing or not scope.variables:
            return False
        two_unused = scope.unused & (scope.unused - 1)
        if two_unused or self._left(scope) > 2:
            return True
        # The last variable is one of the two, and no expression is left to change it.
        return is_one(scope.variables[-1])

    def _with(self, index: int, rows: int, scope: Scope) -> Iterator[tuple[int, Any]]:
        """Expressions outside chains that begin with variable `index`."""
        used = scope.use(index) if index >= 0 else scope
        if index >= 0 and is_one(rows):
            for action, function in self._pairing.items():
                tree = self._second(function, index, rows, used)
                if tree is not None:
                    yield action, tree
        if self._left(scope) > 1 and used.unused and is_one(used.unused):
            yield from self._before_join(rows, used)

    def _before_join(self, rows: int, used: Scope) -> Iterator[tuple[int, Any]]:
        """Expressions on rows, of a value that can be joined with the one unused variable."""
        keep, tree_of = lambda value: bool(self.paired(used.bind(value))), self.trees.tree
        if self._left(used) == 2:
            # No expression is left to change the two before they are joined.
            row = used.variables[used.unused.bit_length() - 1]
            if not is_one(row):
                return
            keep, tree_of = lambda value: self._joins(row, value), self.trees.one_row_tree
        for action, function in self._single.items():
            if function.returns_rows and self.trees.has_value(function, rows):
                tree = pruned(tree_of(function, rows), keep)
                if tree is not None:
                    yield action, tree

    def _joins(self, row: int, other: int) -> bool:
        return any(self.trees.joins(f, row, other) for f in self._pairing.values())

    def _second(self, function: Function, index: int, rows: int, used: Scope) -> Choice | None:
        """Choices of the second variable, which comes after the first in the program."""
        branches = {}
        for second in range(index + 1, len(used.variables)):
            other = used.variables[second]
            if not used.use(second).unused and is_one(other):
                tree = self.trees.joined(function, rows, other)
                if tree is not None:
                    branches[self.variable(second)] = tree
        return Choice(branches) if branches else None
