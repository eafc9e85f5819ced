"""Off-policy draws of asynchronous exploration, kept until training visits their example."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from sparse_rl.interpreters.world import Trajectory


@dataclass(frozen=True)
class StaleDraw:
    """An unexplored program drawn by an older policy.

    Attributes:
        trajectory: the program.
        log_behaviour: behaviour log-probability of each of its T actions.
        known: whether it was in B already when it arrived.
    """

    trajectory: Trajectory
    log_behaviour: tuple[float, ...]
    known: bool


class StaleDraws:
    """The last draws of every example that no gradient has used yet.

    Args:
        keep: draws kept per example, the number that a step uses.
        max_ratio: upper bound of their importance weights.
    """

    def __init__(self, keep: int, max_ratio: float) -> None:
        self.keep = keep
        self.max_ratio = max_ratio
        self._draws: dict[str, deque[StaleDraw]] = {}

    def add(self, example_id: str, draw: StaleDraw) -> None:
        """Keeps a draw; the example's oldest is dropped at capacity."""
        self._draws.setdefault(example_id, deque(maxlen=self.keep)).append(draw)

    def take(self, example_id: str) -> list[StaleDraw]:
        """Removes and returns the example's draws, in their order."""
        return list(self._draws.pop(example_id, ()))


def log_behaviours(draws: Sequence[StaleDraw]) -> list[float]:
    """Returns log m for an example's n draws, such that the mean of f / m estimates a sum of f.

    The sum is over all programs that were neither explored nor in B before the first draw; f is 0
    for known draws, which are left out. A draw without replacement, of probability mu given the
    earlier draws, estimates the sum by f / mu plus the earlier draws' values, sum_{j<i} f_j (Des
    Raj, 1956). In the mean over n each draw thus counts 1 / mu plus the number of later draws:
    unbiased.

    Returns:
        log m of each draw that is not known; the mean is over these draws, not over n.
    """
    fresh = [(n, draw) for n, draw in enumerate(draws, 1) if not draw.known]
    share = math.log(len(draws) / len(fresh)) if fresh else 0.0
    values = []
    for number, draw in fresh:
        log_mu = math.fsum(draw.log_behaviour)
        values.append(log_mu - math.log1p((len(draws) - number) * math.exp(log_mu)) + share)
    return values
