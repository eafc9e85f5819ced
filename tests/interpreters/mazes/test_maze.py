"""The rules of the mazes, and the search for successful walks."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.interpreters.mazes.maze import (
    CORNERS,
    ENERGY,
    NUM_TRAPS,
    SIZE,
    START,
    Maze,
    MazeGrid,
    MazeState,
    MazeWorld,
    draw_grid,
    draw_maze,
    shortest_walks,
)
from sparse_rl.interpreters.world import replay_actions

UP, RIGHT, DOWN, LEFT = range(4)


def world(goal: tuple[int, int] = (6, 6), *traps: tuple[int, int]) -> MazeWorld:
    return MazeWorld(Maze("m", MazeGrid(goal, frozenset(traps)), (DOWN,), ()))


def test_the_goal_is_rewarded_and_ends_the_walk() -> None:
    walk = replay_actions(world(), [DOWN] * 3 + [RIGHT] * 3)
    assert walk.reward == 1.0
    assert walk.valid == ((0, 1, 2, 3),) * 6


@pytest.mark.parametrize("move", range(4))
def test_beyond_the_border_the_walk_ends_without_reward(move: int) -> None:
    walk = replay_actions(world(), [move] * 4)
    assert walk.reward == 0.0


def test_a_trap_ends_the_walk_without_reward() -> None:
    assert replay_actions(world((6, 6), (4, 3)), [DOWN]).reward == 0.0


def test_energy_is_for_fifteen_moves() -> None:
    there_and_back = [UP, DOWN] * 8
    assert replay_actions(world(), there_and_back[:15]).reward == 0.0
    with pytest.raises(ValueError, match="does not end after 14"):
        replay_actions(world(), there_and_back[:14])
    state = MazeState((6, 5), 1)
    assert world().reward(world().step(state, RIGHT)) == 1.0


@given(st.integers(0, 10_000))
def test_drawn_grids_keep_the_rules(seed: int) -> None:
    grid = draw_grid(Random(seed))
    assert grid.goal in CORNERS
    assert len(grid.traps) == NUM_TRAPS
    assert all(0 <= row < SIZE - 1 and 0 <= column < SIZE - 1 for row, column in grid.traps)
    assert START not in grid.traps and grid.goal not in grid.traps
    assert START in grid.distance


@given(st.integers(0, 1000), st.integers(0, 7))
def test_the_search_finds_what_brute_force_finds(seed: int, length: int) -> None:
    grid = draw_grid(Random(seed))
    maze = MazeWorld(Maze("m", grid, (), ()))
    found = []
    for moves in product(range(4), repeat=length):
        state = maze.start()
        for move in moves:
            if maze.is_terminal(state):
                break
            state = maze.step(state, move)
        else:
            if maze.reward(state):
                found.append(moves)
    assert grid.walks(length) == found


@given(st.integers(0, 200))
def test_the_walks_of_a_maze_succeed_and_none_is_shorter(number: int) -> None:
    maze = draw_maze(0, "train", number)
    assert 1 <= len(maze.walks) <= 10
    assert len(set(maze.walks)) == len(maze.walks)
    assert all(replay_actions(MazeWorld(maze), walk).reward for walk in maze.walks)
    longest = max(map(len, maze.walks))
    shorter = [walk for length in range(longest) for walk in maze.grid.walks(length)]
    assert set(shorter) <= set(maze.walks)
    # Fewer than ten only where there are no more up to the bound.
    if len(maze.walks) < 10:
        assert longest <= 12 and len(shortest_walks(maze.grid, Random(0), 10, 12)) < 10


@given(st.integers(0, 200))
def test_the_instruction_is_a_successful_walk_spelled_backwards(number: int) -> None:
    maze = draw_maze(1, "test", number)
    assert maze.intended == maze.instruction[::-1]
    assert maze.intended in maze.walks
    assert replay_actions(MazeWorld(maze), maze.intended).reward == 1.0


def test_ties_at_the_greatest_length_are_broken_by_chance() -> None:
    open_grid = MazeGrid((6, 6), frozenset())
    drawn = {tuple(shortest_walks(open_grid, Random(seed), 10, ENERGY)) for seed in range(5)}
    assert len(drawn) == 5
    assert all(len(walk) == 6 for walks in drawn for walk in walks)
