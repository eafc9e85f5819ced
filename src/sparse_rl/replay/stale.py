"""Off-policy draws of asynchronous exploration, kept until training visits their example."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from sparse_rl.interpreters.world import Trajectory


@dataclass(frozen=True)
class StaleDraw:
    """A program that an older policy has drawn without repeating what was explored.

    Attributes:
        trajectory: the program.
        log_behaviour: the log-probability that each of its T actions was drawn with.
        known: whether it was in B already when it arrived.
    """

    trajectory: Trajectory
    log_behaviour: tuple[float, ...]
    known: bool


class StaleDraws:
    """The last draws of every example that no gradient has seen.

    Args:
        keep: draws kept per example, as many as a step wants.
        max_ratio: where their importance weights are truncated.
    """

    def __init__(self, keep: int, max_ratio: float) -> None:
        self.keep = keep
        self.max_ratio = max_ratio
        self._draws: dict[str, deque[StaleDraw]] = {}

    def add(self, example_id: str, draw: StaleDraw) -> None:
        """Keeps a draw, at the cost of the example's oldest."""
        self._draws.setdefault(example_id, deque(maxlen=self.keep)).append(draw)

    def take(self, example_id: str) -> list[StaleDraw]:
        """The example's draws, in their order; they are given once."""
        return list(self._draws.pop(example_id, ()))


def log_behaviours(draws: Sequence[StaleDraw]) -> list[float]:
    """log m for each of an example's n draws, such that the mean of f / m estimates a sum of f.

    The sum is over all programs that were neither explored nor in B before the first draw; f is 0
    for the known draws, which are left out. A draw without replacement of probability mu, given
    those before it, says f / mu plus what the earlier ones have found, sum_{j<i} f_j (Des Raj,
    1956). So each draw counts 1 / mu and once more per later draw, out of n: unbiased.

    Returns:
        The log of a number for each draw that is not known; mean over these, not over n.
    """
    fresh = [(n, draw) for n, draw in enumerate(draws, 1) if not draw.known]
    share = math.log(len(draws) / len(fresh)) if fresh else 0.0
    values = []
    for number, draw in fresh:
        log_mu = math.fsum(draw.log_behaviour)
        values.append(log_mu - math.log1p((len(draws) - number) * math.exp(log_mu)) + share)
    return values
