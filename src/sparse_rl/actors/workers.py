"""World workers of asynchronous exploration: they walk by actions that the policy process draws.

A worker holds its examples' worlds and explored prefixes, and no network. At each step of its
walks it sends the unexplored actions to the process that holds the policy, which draws for the
walks of all workers at once. Finished programs go to training.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from sparse_rl.exploration.explored import Explored, prefix_key
from sparse_rl.exploration.systematic import SystematicExplorer
from sparse_rl.interpreters.world import Trajectory, Walk, World

DrawnActions = tuple[list[int], list[float]]
"""The drawn action of each walk, and its log-probability."""


@dataclass(frozen=True)
class Walked:
    """A program drawn asynchronously.

    Attributes:
        example_id: the program's example.
        trajectory: the program with the world's full valid sets.
        log_behaviour: behaviour log-probability of each of its T actions, by the policy of that
            moment, renormalised on the unexplored actions.
        version: training step of the oldest weights of its draws.
        explored: keys of the prefixes explored by this walk.
    """

    example_id: str
    trajectory: Trajectory
    log_behaviour: tuple[float, ...]
    version: int
    explored: tuple[str, ...]


Deliver = Callable[[list[Walked]], None]


@dataclass(frozen=True)
class Worker:
    """One worker's examples and schedule.

    Attributes:
        examples: its part of the training examples.
        open_world: opens an example's world.
        explored: the explored set; the worker's own copy after the fork.
        turn: number of examples walked in parallel.
        walks: walks in an example per turn; its example is encoded once per turn.
        seed: seed of the order of the examples.
    """

    examples: Sequence[Any]
    open_world: Callable[[Any], World]
    explored: Explored
    turn: int
    walks: int
    seed: str

    def run(
        self,
        policy: Connection,
        version: Callable[[], int],
        deliver: Callable[[list[Walked]], None],
    ) -> None:
        """Explores until every program of the examples has been walked.

        Args:
            policy: connection to the policy process. It is sent the places of a turn's examples,
                [] at the end; then, for each round of walks and step, the unexplored actions of
                each open walk, () for a walk that has just ended.
            version: returns the training step of the policy's current weights.
            deliver: sends the programs of every round to training.
        """
        for places in self._turns():
            oldest = version()
            policy.send(places)
            explorers = [
                SystematicExplorer(example.id, self.open_world(example), self.explored)
                for example in (self.examples[place] for place in places)
            ]
            for _ in range(self.walks):
                deliver(_round(explorers, policy, oldest))
        policy.send([])

    def _turns(self) -> Iterator[list[int]]:
        """Yields places of every turn's examples, in passes over all examples not exhausted."""
        rng = random.Random(self.seed)
        roots = [prefix_key(example.id, ()) for example in self.examples]
        while unexhausted := [i for i, root in enumerate(roots) if root not in self.explored]:
            rng.shuffle(unexhausted)
            for start in range(0, len(unexhausted), self.turn):
                yield unexhausted[start : start + self.turn]


def _round(
    explorers: Sequence[SystematicExplorer], policy: Connection, version: int
) -> list[Walked]:
    """Walks once in each example that is not exhausted."""
    walks = [_OpenWalk(explorer) for explorer in explorers]
    done: list[_OpenWalk] = []
    while walks:
        options = [walk.options() for walk in walks]
        policy.send(options)
        done += [w for w, actions in zip(walks, options, strict=True) if w.begun and not actions]
        walks = [w for w, actions in zip(walks, options, strict=True) if actions]
        if walks:
            answer: DrawnActions = policy.recv()
            for walk, action, log_p in zip(walks, *answer, strict=True):
                walk.take(action, log_p)
    return [walk.finish(version) for walk in done]


class _OpenWalk:
    """An unfinished walk, with the log-probabilities of its actions."""

    def __init__(self, explorer: SystematicExplorer) -> None:
        self._explorer = explorer
        self._walk = Walk.begin(explorer.world)
        self._key = explorer.root_key
        self._log_behaviour: list[float] = []

    @property
    def begun(self) -> bool:
        return bool(self._log_behaviour)

    def options(self) -> Sequence[int]:
        """Returns the unexplored actions; none at the end, and where the example is exhausted."""
        if not self.begun and self._explorer.exhausted:
            return ()
        valid = self._walk.options
        # Empty only by false positives of a Bloom filter: the walk may then repeat a program.
        return valid if len(valid) < 2 else self._explorer.allowed(self._key, valid) or valid

    def take(self, action: int, log_p: float) -> None:
        self._walk = self._walk.take(action)
        self._key += chr(action)
        self._log_behaviour.append(log_p)

    def finish(self, version: int) -> Walked:
        """Marks the program as explored, and returns it."""
        trajectory = self._walk.trajectory()
        explored = self._explorer.close(trajectory)
        for key in explored:
            self._explorer.explored.add(key)
        example_id = self._explorer.example_id
        return Walked(example_id, trajectory, tuple(self._log_behaviour), version, tuple(explored))
