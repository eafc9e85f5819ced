"""Exhaustive search for every rewarded program of a table world, over denotations.

The interpreter is deterministic, so chains of expressions that reach the same rows with the same
number of expressions left have the same continuations. The search keeps one entry per set of rows
and level with all ways to reach it, and checks an answer once per entry. Programs that join two
chains need all their variables: they are few, as both chains must end in one row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sparse_rl.exploration.budget import NO_LIMIT, Budget, Spending
from sparse_rl.exploration.exhaustive import Rewarded
from sparse_rl.interpreters.tables.argument_trees import Choice
from sparse_rl.interpreters.tables.offers import Scope
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.world import Actions

Ways = dict[Any, list[tuple[Any, Actions]]]
"""By entry (rows or a scope): its predecessors, and the expressions that lead from them to it."""


def exhaustive_programs(
    world: TableWorld, max_programs: int = 100, budget: Budget = NO_LIMIT
) -> list[Actions]:
    """Returns the programs of `search_denotations`."""
    return search_denotations(world, max_programs, budget).programs


def search_denotations(
    world: TableWorld, max_programs: int = 100, budget: Budget = NO_LIMIT
) -> Rewarded:
    """Finds rewarded programs by increasing number of expressions.

    Args:
        world: an example's world.
        max_programs: greatest number of programs; the search stops there.
        budget: limit at which the search stops, incomplete.

    Returns:
        Action sequences; the set that systematic exploration finds at exhaustion, if it is
        smaller than `max_programs` and the budget suffices.
    """
    search = _Search(world, budget)
    found = search.programs(max_programs)
    return Rewarded(found, len(found) < max_programs and not search.cut, search.executed)


class _Search:
    """One run of the search."""

    def __init__(self, world: TableWorld, budget: Budget) -> None:
        self._world = world
        self._offers = world.offers
        self._left = Spending(budget)
        # Entries by level: the rows at the end of chains, and scopes in which chains may join.
        self._chains: list[Ways] = [{world.example.table.all_rows: []}]
        self._scopes: list[Ways] = [{Scope(): []}]
        self.executed = 0

    @property
    def cut(self) -> bool:
        """Whether the budget did not suffice."""
        return self._left.cut

    def programs(self, wanted: int) -> list[Actions]:
        found: list[Actions] = []
        for level in range(self._world.language.max_expressions):
            self._chains.append({})
            self._scopes.append({})
            for programs in (self._chained(level), self._joined(level)):
                for program in programs:
                    if len(found) >= wanted:
                        return found
                    found.append((*program, self._world.tokens.end))
        return found

    def _chained(self, level: int) -> Iterator[Actions]:
        """Yields chains that end at this level in the right answer; adds longer chains' entries."""
        left = self._world.language.max_expressions - level
        variable = self._offers.variable(level - 1)
        following = self._chains[level + 1]
        endings = []
        for rows in self._chains[level]:
            if not self._left.spend():
                break
            for action in self._offers.chain_functions(rows, left):
                function = self._world.function(action)
                tree = self._offers.chain_tree(function, rows, left)
                for path, value in _leaves(tree):
                    self.executed += 1
                    if function.returns_rows:
                        expression = (action, variable, *path)
                        following.setdefault(value, []).append((rows, expression))
                    elif self._world.is_right(value):
                        endings.append((rows, (action, variable, *path)))
        for rows, expression in endings:
            for way in _ways(self._chains, level, rows):
                yield (*way, *expression)

    def _joined(self, level: int) -> Iterator[Actions]:
        """As `_chained`, for programs that join chains."""
        following = self._scopes[level + 1]
        endings = []
        for scope in self._scopes[level]:
            if not self._left.spend():
                break
            for expression, value, after in self._expressions(scope):
                self.executed += 1
                if after is None:
                    if self._world.is_right(value):
                        endings.append((scope, expression))
                elif self._offers.may_join(after):
                    following.setdefault(after, []).append((scope, expression))
        for scope, expression in endings:
            for way in _ways(self._scopes, level, scope):
                yield (*way, *expression)

    def _expressions(self, scope: Scope) -> Iterator[tuple[Actions, Any, Scope | None]]:
        """Yields possible next expressions before a join, their values, and the next scopes."""
        for action, branches in self._offers.paired(scope).items():
            returns_rows = self._world.function(action).returns_rows
            for first, tree in branches.items():
                used = self._offers.use(scope, first)
                for path, value in _leaves(tree):
                    after = used.bind(value) if returns_rows else None
                    yield (action, first, *path), value, after
        for action in self._offers.chained(scope):
            function = self._world.function(action)
            if function.returns_rows:
                first = self._offers.variable(len(scope.variables) - 1)
                used = self._offers.use(scope, first)
                for path, value in _leaves(self._offers.chained_tree(action, scope)):
                    yield (action, first, *path), value, used.bind(value)


def _ways(levels: list[Ways], level: int, entry: Any) -> Iterator[Actions]:
    """Yields all action sequences that lead to an entry."""
    if level == 0:
        yield ()
        return
    for before, expression in levels[level][entry]:
        for way in _ways(levels, level - 1, before):
            yield (*way, *expression)


def _leaves(tree: Any) -> Iterator[tuple[Actions, Any]]:
    """Returns the values of a tree; a function without arguments has one value."""
    return tree.leaves() if isinstance(tree, Choice) else iter([((), tree)])
