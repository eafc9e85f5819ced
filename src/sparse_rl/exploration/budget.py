"""Budgets of searches."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sparse_rl.bounds import Amount, NonNegative, check_fields


@dataclass(frozen=True)
class Budget:
    """A limit for the search of one example; 0 is no limit.

    Attributes:
        states: number of visited states; the same on every machine.
        seconds: wall-clock time, for examples whose states are costly.
    """

    states: NonNegative = 0
    seconds: Amount = 0.0

    def __post_init__(self) -> None:
        check_fields(self)


NO_LIMIT = Budget()


class Spending:
    """The rest of a budget.

    Attributes:
        cut: whether the budget has cut the search short.
    """

    def __init__(self, budget: Budget) -> None:
        self.cut = False
        self._states = budget.states or float("inf")
        self._deadline = time.perf_counter() + (budget.seconds or float("inf"))

    def spend(self) -> bool:
        """Counts one more state; returns False where the budget is spent."""
        self._states -= 1
        self.cut |= self._states < 0 or time.perf_counter() > self._deadline
        return not self.cut
