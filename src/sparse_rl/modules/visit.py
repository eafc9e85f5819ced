"""The examples of a step, with everything that drawing their programs needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any
from zlib import crc32

import numpy as np

from sparse_rl.interpreters.world import Trajectory, World
from sparse_rl.modules.policy import Encoded, Policy
from sparse_rl.replay.memory import Memory
from sparse_rl.replay.strata import Strata


class Stream(IntEnum):
    """Purposes of random draws: each has random numbers of its own."""

    FRESH = 0
    C = 1
    WALK = 2
    DIRECT = 3
    PRETRAINING = 4


def keyed_generator(seed: int, example_id: str, visit: int, draw: int) -> np.random.Generator:
    """Returns a generator that depends on the arguments only.

    Its key is the example and its visit, so results do not depend on how examples are spread over
    batches or processes.
    """
    key = crc32(example_id.encode()) << 32 | draw
    return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, visit, seed]))


class LateWorlds(Sequence[World]):
    """The worlds of a batch, each made when it is first needed.

    Args:
        make: makes an example's world.
        examples: the batch.
    """

    def __init__(self, make: Callable[[Any], World], examples: Sequence[Any]) -> None:
        self._make = make
        self._examples = examples
        self._made: dict[int, World] = {}

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, place: Any) -> Any:
        if place not in self._made:
            self._made[place] = self._make(self._examples[place])
        return self._made[place]


@dataclass(frozen=True)
class Visit:
    """The examples of a step, with everything that sampling needs.

    Attributes:
        policy: the policy to draw from.
        encoded: the batch.
        ids: the examples' ids.
        worlds: the examples' worlds.
        memory: the programs found so far, of all examples.
        visits: number of earlier training visits to each example.
        seed: seed of the draws.
    """

    policy: Policy
    encoded: Encoded
    ids: Sequence[str]
    worlds: Sequence[World]
    memory: Memory
    visits: Sequence[int]
    seed: int

    @property
    def replay(self) -> Strata:
        """B and C of all examples."""
        return self.memory.replay

    def rewarded(self, example: int) -> list[Trajectory]:
        """Returns B of an example of the batch."""
        return self.replay.rewarded_late(self.ids[example], lambda: self.worlds[example])

    def unrewarded(self, example: int) -> list[Trajectory]:
        """Returns C of an example of the batch."""
        return self.replay.unrewarded_late(self.ids[example], lambda: self.worlds[example])

    def generator(self, example: int, stream: Stream, draw: int = 0) -> np.random.Generator:
        """Returns the random generator of one draw."""
        key = stream << 16 | draw
        return keyed_generator(self.seed, self.ids[example], self.visits[example], key)
