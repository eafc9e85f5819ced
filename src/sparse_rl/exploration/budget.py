"""What the search of one example may cost."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """A limit for the search of one example; 0 is no limit.

    Attributes:
        states: distinct states that are looked at; the same on every machine.
        seconds: of wall-clock time, for examples whose states are costly.
    """

    states: int = 0
    seconds: float = 0.0


NO_LIMIT = Budget()


class Spending:
    """What is left of a budget.

    Attributes:
        cut: whether something was left out for want of it.
    """

    def __init__(self, budget: Budget) -> None:
        self.cut = False
        self._states = budget.states or float("inf")
        self._deadline = time.perf_counter() + (budget.seconds or float("inf"))

    def spend(self) -> bool:
        """Counts one more state; False where there is nothing left for it."""
        self._states -= 1
        self.cut |= self._states < 0 or time.perf_counter() > self._deadline
        return not self.cut
