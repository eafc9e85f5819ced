"""TextWorld's mazes: a grid with traps, an instruction, and a goal that the agent never sees.

The benchmark of Agarwal et al. 2019 (MeRL), not Microsoft's TextWorld: 7 x 7 cells, 14 traps,
energy for 15 moves, the start in the centre and the goal in a corner. The instruction is one
successful walk spelled backwards; many other walks succeed too, so the reward does not determine
its meaning.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import NamedTuple

SIZE = 7
NUM_TRAPS = 14
ENERGY = 15
MOVES = ("up", "right", "down", "left")
STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))

GridCell = tuple[int, int]
Moves = tuple[int, ...]

START: GridCell = (SIZE // 2, SIZE // 2)
CORNERS: tuple[GridCell, ...] = ((0, 0), (0, SIZE - 1), (SIZE - 1, 0), (SIZE - 1, SIZE - 1))


class MazeState(NamedTuple):
    """Cell of the agent, possibly outside the grid, and number of moves that it has energy for."""

    cell: GridCell
    energy: int


@dataclass(frozen=True)
class MazeGrid:
    """Grid of a maze, hidden from the agent.

    Attributes:
        goal: one of the corners.
        traps: lethal cells; all cells outside the grid are lethal too.
    """

    goal: GridCell
    traps: frozenset[GridCell]

    def is_safe(self, cell: GridCell) -> bool:
        """Whether the agent survives the cell."""
        row, column = cell
        return 0 <= row < SIZE and 0 <= column < SIZE and cell not in self.traps

    @cached_property
    def distance(self) -> dict[GridCell, int]:
        """Fewest moves to the goal, for every cell from which the agent can reach it."""
        distance = {self.goal: 0}
        queue = deque([self.goal])
        while queue:
            cell = queue.popleft()
            for move in range(len(MOVES)):
                neighbour = moved(cell, move)
                if self.is_safe(neighbour) and neighbour not in distance:
                    distance[neighbour] = distance[cell] + 1
                    queue.append(neighbour)
        return distance

    def walks(self, length: int) -> list[Moves]:
        """Finds all walks of exactly `length` moves that reach the goal at their end only.

        Walks may revisit cells. They come in the order of the moves' numbers.
        """
        return self._walks(START, length, {})

    def _walks(
        self, cell: GridCell, length: int, known: dict[tuple[GridCell, int], list[Moves]]
    ) -> list[Moves]:
        if cell == self.goal or self.distance.get(cell, length + 1) > length:
            return [()] if cell == self.goal and length == 0 else []
        if (cell, length) not in known:
            known[cell, length] = [
                (move, *rest)
                for move in range(len(MOVES))
                for rest in self._walks(moved(cell, move), length - 1, known)
            ]
        return known[cell, length]


def moved(cell: GridCell, move: int) -> GridCell:
    """Returns the cell after a move."""
    row, column = STEPS[move]
    return cell[0] + row, cell[1] + column


@dataclass(frozen=True, eq=False)
class Maze:
    """Example: a grid with its instruction.

    Attributes:
        id: unique among all splits of a seed.
        grid: grid, hidden from the agent.
        instruction: the agent's input: the moves of the intended walk from the last to the first.
        walks: successful walks known before training.
    """

    id: str
    grid: MazeGrid
    instruction: Moves
    walks: tuple[Moves, ...]

    @property
    def intended(self) -> Moves:
        """Walk that follows the instruction."""
        return self.instruction[::-1]


def draw_grid(rng: Random) -> MazeGrid:
    """Draws a grid with a path to the goal; rejects grids without one.

    Traps lie neither in the last row or column, nor on the start, nor on the goal.
    """
    while True:
        goal = rng.choice(CORNERS)
        free = [
            (row, column)
            for row in range(SIZE - 1)
            for column in range(SIZE - 1)
            if (row, column) not in (START, goal)
        ]
        grid = MazeGrid(goal, frozenset(rng.sample(free, NUM_TRAPS)))
        if START in grid.distance:
            return grid


def shortest_walks(grid: MazeGrid, rng: Random, count: int, longest: int) -> list[Moves]:
    """Finds up to `count` of the shortest successful walks by exhaustive search.

    Args:
        grid: grid to search, from the centre.
        rng: chooses among walks of the greatest length needed if there are too many.
        count: greatest number of walks.
        longest: greatest number of moves of a walk, at most `ENERGY`.
    """
    found: list[Moves] = []
    for length in range(1, longest + 1):
        walks = grid.walks(length)
        if len(found) + len(walks) >= count:
            return found + rng.sample(walks, count - len(found))
        found += walks
    return found


def draw_maze(seed: int, split: str, number: int, count: int = 10, longest: int = 12) -> Maze:
    """Draws the maze of a seed, split and number; a walk of at most `longest` moves succeeds.

    The intended walk is one of the `count` shortest walks, drawn uniformly.
    """
    id_ = f"{seed}-{split}-{number}"
    rng = Random(f"maze {id_}")
    walks: list[Moves] = []
    while not walks:
        grid = draw_grid(rng)
        walks = shortest_walks(grid, rng, count, longest)
    return Maze(id_, grid, rng.choice(walks)[::-1], tuple(walks))


class MazeWorld:
    """World of all walks in a maze: up to 15 moves, to the goal, a trap or beyond the border.

    Args:
        maze: an example.
    """

    symbols = tuple(range(len(MOVES)))
    action_names = MOVES

    def __init__(self, maze: Maze) -> None:
        self.maze = maze
        self._grid = maze.grid

    def start(self) -> MazeState:
        return MazeState(START, ENERGY)

    def valid_actions(self, state: MazeState) -> tuple[int, ...]:
        return self.symbols

    def step(self, state: MazeState, action: int) -> MazeState:
        return MazeState(moved(state.cell, action), state.energy - 1)

    def is_terminal(self, state: MazeState) -> bool:
        cell, energy = state
        return energy == 0 or cell == self._grid.goal or not self._grid.is_safe(cell)

    def reward(self, state: MazeState) -> float:
        return float(state.cell == self._grid.goal)
