"""Systematic exploration (MAPO Algorithm 1): random walks that never repeat a program."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sparse_rl.exploration.explored import Explored, prefix_key
from sparse_rl.interpreters.world import Trajectory, World, dead_end

Choose = Callable[[Any, Sequence[int]], int]
"""Draws one of the allowed actions in a state."""


class SystematicExplorer:
    """Walks one example's world and maintains its part of the explored set.

    A prefix enters the explored set as soon as all its continuations are explored, so a walk never
    enters an exhausted prefix, and every walk ends in a new program. An explorer looks up each
    prefix and action only once in the explored set; it caches its own walks.

    Args:
        example_id: prefix of the example's keys.
        world: the example's world.
        explored: the explored set; may be shared with other examples.
    """

    def __init__(self, example_id: str, world: World, explored: Explored) -> None:
        self.example_id = example_id
        self.world = world
        self.explored = explored
        self.root_key = prefix_key(example_id, ())
        self._open: dict[str, list[int]] = {}

    @property
    def exhausted(self) -> bool:
        """Whether every program of the example has been explored."""
        return self.root_key in self.explored

    def walk(self, root: Any, choose: Choose) -> Trajectory | None:
        """Draws a new program from `root` (the world's start); None when there is none left.

        `choose` gets only unexplored actions; the trajectory records the world's full valid sets,
        over which a policy normalises.
        """
        while not self.exhausted:
            trajectory = self._attempt(root, choose)
            if trajectory is not None:
                return trajectory
        return None

    def allowed(self, key: str, valid: Sequence[int]) -> list[int]:
        """Returns the unexplored actions among the valid actions of the prefix `key`."""
        allowed = self._open.get(key)
        if allowed is None:
            explored = self.explored
            allowed = [a for a in valid if key + chr(a) not in explored]
            self._open[key] = allowed
        return allowed

    def close(self, trajectory: Trajectory) -> list[str]:
        """Closes the prefixes that a finished walk exhausts, wherever it was drawn.

        Returns:
            The newly explored keys, which the caller adds to the explored set.
        """
        branches = []
        key = self.root_key
        for action, valid in zip(trajectory.actions, trajectory.valid, strict=True):
            if len(valid) > 1:
                branches.append((key, action))
                self.allowed(key, valid)
            key += chr(action)
        return self._close(branches)

    def _attempt(self, root: Any, choose: Choose) -> Trajectory | None:
        """Takes one walk; None where false positives of a Bloom filter hide all actions left."""
        world = self.world
        branches: list[tuple[str, int]] = []
        valid_sets = []
        actions = []
        state, key = root, self.root_key
        while not world.is_terminal(state):
            valid = world.valid_actions(state)
            if len(valid) == 1:
                action = valid[0]
            elif not len(valid):
                raise dead_end(state)
            else:
                allowed = self._open.get(key)
                if allowed is None:
                    allowed = self.allowed(key, valid)
                if not allowed:
                    self._mark(branches)
                    return None
                action = choose(state, allowed)
                branches.append((key, action))
            key += chr(action)
            actions.append(action)
            valid_sets.append(valid)
            state = world.step(state, action)
        self._mark(branches)
        return Trajectory(tuple(actions), tuple(map(tuple, valid_sets)), float(world.reward(state)))

    def _mark(self, branches: list[tuple[str, int]]) -> None:
        for key in self._close(branches):
            self.explored.add(key)

    def _close(self, branches: list[tuple[str, int]]) -> list[str]:
        """Returns the keys of the walk's end and of every prefix that it exhausts.

        A forced action has no key: its prefix is explored when the prefix above is.
        """
        marked = []
        while branches:
            key, action = branches.pop()
            allowed = self._open[key]
            if action in allowed:
                marked.append(key + chr(action))
                allowed.remove(action)
            if allowed:
                break
        else:
            marked.append(self.root_key)
        return marked


def uniform(rng: random.Random) -> Choose:
    """Returns a choice of every allowed action with equal probability."""
    draw = rng.random
    return lambda state, allowed: allowed[int(draw() * len(allowed))]


def systematic_walks(
    explorer: SystematicExplorer, attempts: int, choose: Choose
) -> Iterator[Trajectory]:
    """Yields up to `attempts` new programs of one example."""
    root = explorer.world.start()
    for _ in range(attempts):
        trajectory = explorer.walk(root, choose)
        if trajectory is None:
            return
        yield trajectory
