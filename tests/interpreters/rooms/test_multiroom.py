"""Walks in MultiRoom are those of the package's environment; bounds are bounds."""

from __future__ import annotations

import functools
import pickle
import sys
from collections import deque
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparse_rl.interpreters.rooms.multiroom import (
    FORWARD,
    TOGGLE,
    MultiRoomWorld,
    RoomDrawer,
    Rooms,
    RoomState,
)

# Rooms as tight as they come, and wide ones whose walls the view does not reach.
SHAPES = ((1, 4), (2, 4), (3, 5), (6, 10))
seeds = st.integers(0, 10_000)
drawer = functools.cache(RoomDrawer)


@functools.cache
def environment(rooms: int, size: int) -> Any:
    from minigrid.envs import MultiRoomEnv

    return MultiRoomEnv(rooms, rooms, size)


def both(shape: tuple[int, int], seed: int, max_steps: int) -> tuple[Any, Any, MultiRoomWorld]:
    """The environment, its first observation, and the world."""
    reference = environment(*shape)
    reference.max_steps = max_steps
    observed, _ = reference.reset(seed=seed)
    return reference, observed, MultiRoomWorld(drawer(*shape).draw(seed), max_steps, 0.0)


def same_walk(shape: tuple[int, int], seed: int, max_steps: int, actions: list[int]) -> RoomState:
    """Walks in both, with all that the environment tells compared at every step."""
    reference, observed, world = both(shape, seed, max_steps)
    state = world.start()
    for action in actions:
        assert observed["image"].tobytes() == world.view(state)
        assert observed["direction"] == state.facing
        if world.is_terminal(state):
            break
        observed, paid, terminated, truncated, _ = reference.step(action)
        before, state = state, world.step(state, action)
        assert (terminated or truncated) == world.is_terminal(state)
        assert terminated == world.at_goal(state)
        assert paid == world.reward(state) - world.reward(before)
        assert tuple(reference.agent_pos) == (state.x, state.y)
    return state


@settings(max_examples=40)
@given(
    shape=st.sampled_from(SHAPES),
    seed=seeds,
    max_steps=st.integers(1, 60),
    actions=st.lists(
        st.sampled_from((*MultiRoomWorld.symbols, FORWARD, FORWARD, TOGGLE)), max_size=60
    ),
)
def test_random_walks_are_those_of_the_environment(
    shape: tuple[int, int], seed: int, max_steps: int, actions: list[int]
) -> None:
    same_walk(shape, seed, max_steps, actions)


def shortest(world: MultiRoomWorld) -> list[int]:
    """Actions that reach the goal soonest."""
    queue = deque([(world.start(), [])])
    known = set()
    while True:
        state, actions = queue.popleft()
        if world.at_goal(state):
            return actions
        for action in world.symbols:
            after = world.step(state, action)
            if after[:4] not in known:
                known.add(after[:4])
                queue.append((after, [*actions, action]))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(4))
def test_walks_through_all_doors_are_those_of_the_environment(
    shape: tuple[int, int], seed: int
) -> None:
    world = MultiRoomWorld(drawer(*shape).draw(seed), 200, 0.0)
    actions = shortest(world)
    end = same_walk(shape, seed, 200, actions)
    assert world.at_goal(end) and end.opened == shape[0] - 1
    assert world.reward(end) == 1 - 0.9 * (len(actions) / 200)
    assert world.to_come(world.start()) >= world.reward(end)
    # In the last step on time, and one step too late.
    same_walk(shape, seed, len(actions), actions)
    same_walk(shape, seed, len(actions) - 1, actions)


def reachable(world: MultiRoomWorld) -> set[RoomState]:
    found, waiting = set(), [world.start()]
    while waiting:
        state = waiting.pop()
        if state not in found:
            found.add(state)
            if not world.is_terminal(state):
                waiting += [world.step(state, action) for action in world.symbols]
    return found


@settings(max_examples=6)
@given(seed=seeds, rooms=st.integers(1, 3), door_reward=st.sampled_from((0.0, 0.5)))
def test_the_bound_is_never_below_what_can_still_be_had(
    seed: int, rooms: int, door_reward: float
) -> None:
    """In all states of a small layout, against the best by dynamic programming."""
    world = MultiRoomWorld(drawer(rooms, 4).draw(seed), 12, door_reward)

    @functools.cache
    def best(state: RoomState) -> float:
        if world.is_terminal(state):
            return world.reward(state)
        return max(best(world.step(state, action)) for action in world.symbols)

    tight = 0
    for state in reachable(world):
        if not world.is_terminal(state):
            missing = best(state) - world.reward(state)
            assert world.to_come(state) >= missing - 1e-9
            tight += world.to_come(state) == pytest.approx(missing)
    assert tight, "somewhere the agent faces what it needs, and the bound is exact"


def corridor() -> MultiRoomWorld:
    """Two rooms of one cell: the agent looks at the door, the goal is behind it."""
    import numpy as np

    grid = np.full((5, 3, 3), (2, 5, 0), np.uint8)
    grid[1, 1], grid[2, 1], grid[3, 1] = (1, 0, 0), (4, 0, 1), (8, 1, 0)
    return MultiRoomWorld(Rooms(grid, (1, 1, 0), ((2, 1),), (3, 1)), 10, 0.5)


def test_only_the_first_opening_of_a_door_is_paid() -> None:
    world = corridor()
    assert world.to_come(world.start()) == pytest.approx(0.5 + 1 - 0.9 * 3 / 10)
    state = world.start()
    seen = []
    for action in (FORWARD, TOGGLE, TOGGLE, TOGGLE, FORWARD, FORWARD):
        state = world.step(state, action)
        seen.append((state.x, state.is_open, world.reward(state)))
    assert seen[:5] == [(1, 0, 0), (1, 1, 0.5), (1, 0, 0.5), (1, 1, 0.5), (2, 1, 0.5)]
    assert seen[5] == (3, 1, pytest.approx(0.5 + 1 - 0.9 * 6 / 10))
    assert world.is_terminal(state)


def test_states_are_values() -> None:
    world = corridor()
    one, other = (world.step(world.step(world.start(), TOGGLE), TOGGLE) for _ in range(2))
    assert hash(one) == hash(other) and pickle.loads(pickle.dumps(one)) == other
    assert one != world.step(world.step(world.start(), 0), 1), "the door has been open"


def test_without_the_package_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "minigrid.envs.multiroom", None)
    with pytest.raises(ModuleNotFoundError, match="install the extra `minigrid`"):
        RoomDrawer(2, 4)
