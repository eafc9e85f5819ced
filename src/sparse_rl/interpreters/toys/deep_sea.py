"""DeepSea: a path of costly moves to a risky reward, beside one that is free and safe.

Osband et al., 2020 (arXiv 1908.03568), with the rewards of Lorberbom et al., 2020
(arXiv 1906.06062): the last of all rights pays a draw from N(1, 1).
"""

from __future__ import annotations

import random
from typing import NamedTuple

LEFT, RIGHT = 0, 1


class DeepSeaState(NamedTuple):
    """A cell of the grid and the return so far.

    Attributes:
        depth: moves so far.
        rights: moves to the right among them.
        gained: sum of the rewards so far.
    """

    depth: int
    rights: int
    gained: float


class DeepSea:
    """One episode of `size` x `size`: the random reward is drawn already, so steps are fixed.

    An episode has size - 1 moves. Left is free. Right costs 1 / (size - 2), except that the last
    right, after nothing but rights, pays `treasure` instead. Where the treasure is worth 1, all
    left and all right both return 0 and everything else less.

    Args:
        size: width and height of the grid, 3 or more; the paper has 5, and rights that cost 1/3.
        treasure: what the last right pays in this episode.

    Raises:
        ValueError: the grid is too small.
    """

    symbols = (LEFT, RIGHT)

    def __init__(self, size: int = 5, treasure: float = 1.0) -> None:
        if size < 3:
            raise ValueError(f"set size to 3 or more: got {size}")
        self.moves = size - 1
        self.cost = 1.0 / (size - 2)
        self.treasure = treasure

    @classmethod
    def draw(cls, rng: random.Random, size: int = 5) -> DeepSea:
        """An episode with a treasure from N(1, 1)."""
        return cls(size, rng.gauss(1.0, 1.0))

    def start(self) -> DeepSeaState:
        return DeepSeaState(0, 0, 0.0)

    def valid_actions(self, state: DeepSeaState, /) -> tuple[int, ...]:
        return () if self.is_terminal(state) else self.symbols

    def step(self, state: DeepSeaState, action: int, /) -> DeepSeaState:
        depth, rights, gained = state
        if action == RIGHT:
            found = rights == depth == self.moves - 1
            gained += self.treasure if found else -self.cost
        return DeepSeaState(depth + 1, rights + action, gained)

    def is_terminal(self, state: DeepSeaState, /) -> bool:
        return state.depth == self.moves

    def reward(self, state: DeepSeaState, /) -> float:
        """Return so far; of a terminal state, the whole return, which may be below 0."""
        return state.gained

    def to_come(self, state: DeepSeaState) -> tuple[float, float]:
        """Least and greatest return that can follow a state; both are reached."""
        left = self.moves - state.depth
        if left == 0:
            return 0.0, 0.0
        if state.rights < state.depth:
            return -left * self.cost, 0.0
        way = -(left - 1) * self.cost
        return min(way, way + self.treasure), max(0.0, way + self.treasure)
