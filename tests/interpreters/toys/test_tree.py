"""Worlds written down as trees, and their trajectories."""

from __future__ import annotations

import pytest

from sparse_rl.interpreters.toys import TreeWorld, enumerate_trajectories
from sparse_rl.interpreters.world import Trajectory, replay_actions


def test_all_trajectories_come_once_in_the_order_of_the_valid_actions() -> None:
    world = TreeWorld({(): (2, 0), (2,): (1,), (2, 1): (0, 3)}, {(2, 1, 3): 1.0})
    assert list(enumerate_trajectories(world)) == [
        Trajectory((2, 1, 0), ((2, 0), (1,), (0, 3)), 0.0),
        Trajectory((2, 1, 3), ((2, 0), (1,), (0, 3)), 1.0),
        Trajectory((0,), ((2, 0),), 0.0),
    ]
    for found in enumerate_trajectories(world):
        assert replay_actions(world, found.actions) == found
    assert list(world.symbols) == [0, 1, 2, 3]


def test_leaves_make_the_smallest_tree() -> None:
    leaves = {(1, 0): 0.5, (0,): 0.0, (1, 2, 2): 1.0}
    world = TreeWorld.from_leaves(leaves, symbols=(7, 7, 8))
    assert world.valid == {(): (1, 0), (1,): (0, 2), (1, 2): (2,)}
    assert {found.actions: found.reward for found in enumerate_trajectories(world)} == leaves
    assert world.symbols == (7, 7, 8)


def test_length_has_no_limit() -> None:
    """Longer than Python's calls may be deep."""
    leaf = (0,) * 1500
    (found,) = enumerate_trajectories(TreeWorld.from_leaves({leaf: 1.0}))
    assert found.actions == leaf and found.reward == 1.0


def test_an_empty_leaf_is_a_world_without_decisions() -> None:
    world = TreeWorld.from_leaves({(): 1.0})
    assert list(enumerate_trajectories(world)) == [Trajectory((), (), 1.0)]


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match=r"leave out \(0,\) or give it a valid action"):
        TreeWorld({(): (0,), (0,): ()}, {})
    with pytest.raises(ValueError, match=r"drop the leaf \(1,\)"):
        TreeWorld.from_leaves({(1,): 0.0, (1, 0): 1.0})
    with pytest.raises(ValueError, match="give at least one leaf"):
        TreeWorld.from_leaves({})
    world = TreeWorld.from_leaves({(1,): 1.0})
    with pytest.raises(ValueError, match=r"take one of \(1,\) after \(\): got 0"):
        world.step((), 0)
    with pytest.raises(ValueError, match=r"take one of \(\) after \(1,\): got 1"):
        world.step((1,), 1)
