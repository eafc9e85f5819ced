"""Exhaustive search of any world, depth first, within a budget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sparse_rl.exploration.budget import NO_LIMIT, Budget, Spending
from sparse_rl.interpreters.world import Actions, World, valid_options


@dataclass(frozen=True)
class Rewarded:
    """The rewarded programs found in one world.

    Attributes:
        programs: the programs, shortest first.
        complete: whether these are all rewarded programs of the world.
        executed: number of programs and partial programs executed by the search.
    """

    programs: list[Actions]
    complete: bool
    executed: int


def exhaustive_search(world: World, max_programs: int = 100, budget: Budget = NO_LIMIT) -> Rewarded:
    """Walks to all terminal states, and only once below a state that leads to no reward.

    Args:
        world: any world with finitely many programs.
        max_programs: number of programs at which the search stops, depth first: those kept are the
            first ones found, and need not be the shortest.
        budget: limit at which the search stops, incomplete.
    """
    search = _Search(world, budget)
    found: list[Actions] = []
    for actions in search.rewarded():
        if len(found) == max_programs:
            return Rewarded(sorted(found, key=len), False, search.executed)
        found.append(actions)
    return Rewarded(sorted(found, key=len), not search.cut, search.executed)


@dataclass
class _Frame:
    """A state on the current path, and its remaining actions."""

    state: Any
    options: Iterator[int]
    rewarded: bool = False


class _Search:
    """One run, with an explicit stack: programs may be longer than Python's recursion limit."""

    def __init__(self, world: World, budget: Budget) -> None:
        self._world = world
        self._left = Spending(budget)
        # States without a rewarded program below; many paths may lead to one.
        self._barren: set[Any] = set()
        self.executed = 0

    @property
    def cut(self) -> bool:
        """Whether the budget did not suffice."""
        return self._left.cut

    def rewarded(self) -> Iterator[Actions]:
        """Yields rewarded action sequences."""
        world, path = self._world, list[int]()
        start = world.start()
        stack = [_Frame(start, self._options(start), self._is_rewarded(start))]
        if stack[0].rewarded:
            yield ()
        while stack:
            frame = stack[-1]
            action = next(frame.options, None)
            if action is None:
                stack.pop()
                if stack:
                    path.pop()
                    stack[-1].rewarded |= frame.rewarded
                if not frame.rewarded:
                    self._barren.add(frame.state)
                continue
            state = world.step(frame.state, action)
            if state in self._barren:
                continue
            if not self._left.spend():
                return
            self.executed += 1
            path.append(action)
            stack.append(_Frame(state, self._options(state), self._is_rewarded(state)))
            if stack[-1].rewarded:
                yield tuple(path)

    def _options(self, state: Any) -> Iterator[int]:
        return iter(valid_options(self._world, state))

    def _is_rewarded(self, state: Any) -> bool:
        return self._world.is_terminal(state) and self._world.reward(state) > 0
