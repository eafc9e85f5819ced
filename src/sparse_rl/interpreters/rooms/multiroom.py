"""MiniGrid's MultiRoom: rooms in a chain, a closed door between each two, a goal in the last.

The environment of the package `minigrid` (extra `minigrid`) draws the rooms and is the reference;
this module simulates the walk. A state is a few numbers instead of a copy of the grid, so any
prefix can be extended, and a step costs a thousandth of the environment's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

LEFT, RIGHT, FORWARD, PICKUP, DROP, TOGGLE, DONE = range(7)
AHEAD = ((1, 0), (0, 1), (-1, 0), (0, -1))
VIEW = 7
# The environment's codes of a cell's type, a door's state and a wall's colour.
UNSEEN, EMPTY, WALL, DOOR = 0, 1, 2, 4
OPEN = 0
GREY = 5

RoomCell = tuple[int, int]
RoomGrid = npt.NDArray[np.uint8]


class RoomState(NamedTuple):
    """Position of the agent, and its changes to the doors.

    Attributes:
        x: column.
        y: row.
        facing: 0 right, 1 down, 2 left, 3 up.
        is_open: bit mask of the open doors.
        opened: number of doors opened at least once; doors can only be opened in order.
        time: steps so far.
    """

    x: int
    y: int
    facing: int
    is_open: int
    opened: int
    time: int


@dataclass(frozen=True, eq=False)
class Rooms:
    """Layout of rooms.

    Attributes:
        grid: (width, height, 3) type, colour and state of every cell, in the environment's codes,
            all doors closed.
        start: column, row and direction of the agent.
        doors: cells of the doors, in the order in which the agent passes them.
        goal: cell of the goal.
    """

    grid: RoomGrid
    start: tuple[int, int, int]
    doors: tuple[RoomCell, ...]
    goal: RoomCell

    @cached_property
    def walls(self) -> frozenset[RoomCell]:
        """Cells that the agent can never enter."""
        return frozenset((int(x), int(y)) for x, y in np.argwhere(self.grid[..., 0] == WALL))


class RoomDrawer:
    """Draws layouts from the package's environment.

    Args:
        rooms: number of rooms, 1 or more.
        size: greatest width and height of a room, walls included; 4 or more.

    Raises:
        ModuleNotFoundError: the package `minigrid` is not installed.
    """

    def __init__(self, rooms: int, size: int) -> None:
        try:
            from minigrid.envs.multiroom import MultiRoomEnv
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                "install the extra `minigrid`: pip install 'sparse_rl[minigrid]'"
            ) from error
        self.environment = MultiRoomEnv(rooms, rooms, size)

    def draw(self, seed: int) -> Rooms:
        """Draws the layout of the environment after `reset(seed=seed)`."""
        environment = self.environment
        environment.reset(seed=seed)
        x, y = environment.agent_pos
        return Rooms(
            environment.grid.encode(),
            (int(x), int(y), int(environment.agent_dir)),
            tuple((int(a), int(b)) for a, b in (r.entryDoorPos for r in environment.rooms[1:])),
            (int(environment.goal_pos[0]), int(environment.goal_pos[1])),
        )


class MultiRoomWorld:
    """World of all walks in a layout, to the goal or until time is up.

    The reward of the goal is the environment's, 1 - 0.9 * time / max_steps. The first opening of
    each door adds `door_reward` at once.

    Args:
        rooms: the layout.
        max_steps: length of a walk that does not reach the goal.
        door_reward: reward per door; 0 for the environment's reward alone.
    """

    symbols = tuple(range(7))

    def __init__(self, rooms: Rooms, max_steps: int, door_reward: float) -> None:
        self.rooms, self.max_steps, self.door_reward = rooms, max_steps, door_reward
        self._walls, self._goal = rooms.walls, rooms.goal
        self._door = {cell: number for number, cell in enumerate(rooms.doors)}
        self._stops = (*rooms.doors, rooms.goal)
        self._legs = [_distance(a, b) for a, b in pairwise(self._stops)]
        self._views: dict[tuple[int, int, int, int], bytes] = {}
        self._padded: dict[int, RoomGrid] = {}

    def start(self) -> RoomState:
        return RoomState(*self.rooms.start, is_open=0, opened=0, time=0)

    def valid_actions(self, state: RoomState, /) -> tuple[int, ...]:
        return self.symbols

    def step(self, state: RoomState, action: int, /) -> RoomState:
        """Applies an action; one without effect still costs a step."""
        x, y, facing, is_open, opened, time = state
        if action == LEFT:
            facing = (facing - 1) % 4
        elif action == RIGHT:
            facing = (facing + 1) % 4
        elif action in (FORWARD, TOGGLE):
            cell = (x + AHEAD[facing][0], y + AHEAD[facing][1])
            door = self._door.get(cell)
            if action == FORWARD:
                passable = cell not in self._walls if door is None else is_open >> door & 1
                x, y = cell if passable else (x, y)
            elif door is not None:
                is_open ^= 1 << door
                opened = max(opened, door + 1)
        return RoomState(x, y, facing, is_open, opened, time + 1)

    def is_terminal(self, state: RoomState, /) -> bool:
        return state.time >= self.max_steps or self.at_goal(state)

    def at_goal(self, state: RoomState) -> bool:
        return (state.x, state.y) == self._goal

    def reward(self, state: RoomState, /) -> float:
        """Reward of the walk so far, finished or not."""
        doors = self.door_reward * state.opened
        return doors + self.goal_reward(state.time) if self.at_goal(state) else doors

    def to_come(self, state: RoomState) -> float:
        """Upper bound of the reward still to come after a state that is not terminal.

        The agent has to walk at least the Manhattan distance by way of the doors never opened, and
        to open them.
        """
        cell, left = (state.x, state.y), self.max_steps - state.time
        needed, bound = 0, 0.0
        for number in range(state.opened, len(self._stops)):
            # The agent opens a door from the cell before it: one move less, and one step to open
            # it. From there, the next stop is one cell further away than from the door.
            first = number == state.opened
            needed += _distance(cell, self._stops[number]) if first else self._legs[number - 1] + 1
            if needed > left:
                break
            is_door = number < len(self._door)
            bound += self.door_reward if is_door else self.goal_reward(state.time + needed)
        return bound

    def goal_reward(self, time: int) -> float:
        return 1 - 0.9 * (time / self.max_steps)

    def view(self, state: RoomState) -> bytes:
        """Observation of the agent: the bytes of (7, 7, 3) codes, as in the environment.

        The agent is in the middle of the last row and looks towards the first. Walls and closed
        doors hide the cells beyond them.
        """
        key = state[:4]
        if key not in self._views:
            self._views[key] = self._look(*key).tobytes()
        return self._views[key]

    def _look(self, x: int, y: int, facing: int, is_open: int) -> RoomGrid:
        """Computes the view, indexed by column and row."""
        reach = VIEW // 2
        left, top = x + reach * (AHEAD[facing][0] - 1), y + reach * (AHEAD[facing][1] - 1)
        # In the padded grid, cells are shifted by VIEW.
        left, top = left + VIEW, top + VIEW
        part = self._grid(is_open)[left : left + VIEW, top : top + VIEW]
        view: RoomGrid = np.rot90(part, -(facing + 1)).copy()
        kind, state = view[..., 0], view[..., 2]
        view[~visible((kind != WALL) & ((kind != DOOR) | (state == OPEN)))] = (UNSEEN, 0, 0)
        view[reach, VIEW - 1] = (EMPTY, 0, 0)
        return view

    def _grid(self, is_open: int) -> RoomGrid:
        """The grid with some doors open, padded with walls as far as the agent can see."""
        if is_open not in self._padded:
            width, height, _ = self.rooms.grid.shape
            grid = np.empty((width + 2 * VIEW, height + 2 * VIEW, 3), np.uint8)
            grid[:] = (WALL, GREY, 0)
            grid[VIEW:-VIEW, VIEW:-VIEW] = self.rooms.grid
            for cell, number in self._door.items():
                if is_open >> number & 1:
                    grid[cell[0] + VIEW, cell[1] + VIEW, 2] = OPEN
            self._padded[is_open] = grid
        return self._padded[is_open]


def visible(clear: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Computes the cells of a view that the agent sees, from the middle of the last row.

    The rule is the environment's. Row by row from the agent's, first to the right, then to the
    left: a seen cell that is clear shows its neighbour on that side, and the cells ahead of both.

    Args:
        clear: (column, row) whether a cell is transparent.
    """
    width, height = clear.shape
    through, seen = clear.tolist(), [[False] * height for _ in range(width)]
    seen[width // 2][height - 1] = True
    for row in reversed(range(height)):
        for side, columns in ((1, range(width - 1)), (-1, range(width - 1, 0, -1))):
            for column in columns:
                if seen[column][row] and through[column][row]:
                    seen[column + side][row] = True
                    if row:
                        seen[column + side][row - 1] = seen[column][row - 1] = True
    return np.array(seen)


def _distance(a: RoomCell, b: RoomCell) -> int:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])
