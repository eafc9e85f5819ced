"""World workers of asynchronous exploration: they walk, and have every action chosen.

A worker holds its examples' worlds and explored prefixes and no network. For each action of its
walks it sends the unexplored ones to the process that holds the policy, which draws for the walks
of all workers at once. Finished programs go to training.
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
"""What was drawn for each walk: an action, and the logarithm of its probability."""


@dataclass(frozen=True)
class Walked:
    """A program drawn asynchronously.

    Attributes:
        example_id: whose program it is.
        trajectory: the program with the world's full valid sets.
        log_behaviour: for each of its T actions the log-probability that it was drawn with: the
            policy of that moment, renormalised on the unexplored actions.
        version: training steps behind the oldest weights it was drawn with.
        explored: keys of the prefixes that are explored by this walk.
    """

    example_id: str
    trajectory: Trajectory
    log_behaviour: tuple[float, ...]
    version: int
    explored: tuple[str, ...]


Deliver = Callable[[list[Walked]], None]


@dataclass(frozen=True)
class Worker:
    """One worker's examples, and how it works through them.

    Attributes:
        examples: its part of the training questions.
        open_world: makes an example's world.
        explored: what has been explored before; the worker's own copy from now on.
        turn: examples walked side by side.
        walks: walks in an example per turn. Its question is encoded once for them.
        seed: of the order of the examples.
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
            policy: where actions are drawn. It is sent the places of a turn's examples, [] at the
                end; then, for each round of walks and step, the unexplored actions of each walk
                that has not ended, () for one that just has.
            version: training steps behind the policy's weights now.
            deliver: takes the programs of every round.
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
        """Places of the examples of every turn: passes over all that are not exhausted."""
        rng = random.Random(self.seed)
        roots = [prefix_key(example.id, ()) for example in self.examples]
        while unexhausted := [i for i, root in enumerate(roots) if root not in self.explored]:
            rng.shuffle(unexhausted)
            for start in range(0, len(unexhausted), self.turn):
                yield unexhausted[start : start + self.turn]


def _round(
    explorers: Sequence[SystematicExplorer], policy: Connection, version: int
) -> list[Walked]:
    """A walk in each example that is not exhausted."""
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
    """A walk under way, with the log-probabilities of its actions."""

    def __init__(self, explorer: SystematicExplorer) -> None:
        self._explorer = explorer
        self._walk = Walk(explorer.world, explorer.world.start())
        self._key = explorer.root_key
        self._log_behaviour: list[float] = []

    @property
    def begun(self) -> bool:
        return bool(self._log_behaviour)

    def options(self) -> Sequence[int]:
        """The unexplored actions; none at the end, and where the example is exhausted."""
        if not self.begun and self._explorer.exhausted:
            return ()
        valid = self._walk.options
        # Empty only by a false positive of a Bloom filter: then the walk may repeat a program.
        return valid if len(valid) < 2 else self._explorer.allowed(self._key, valid) or valid

    def take(self, action: int, log_p: float) -> None:
        self._walk = self._walk.take(action)
        self._key += chr(action)
        self._log_behaviour.append(log_p)

    def finish(self, version: int) -> Walked:
        """Marks the program as explored."""
        trajectory = self._walk.trajectory()
        explored = self._explorer.close(trajectory)
        for key in explored:
            self._explorer.explored.add(key)
        example_id = self._explorer.example_id
        return Walked(example_id, trajectory, tuple(self._log_behaviour), version, tuple(explored))
