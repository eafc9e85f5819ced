"""Actors that step environments: asked, noticed when they die, and started again."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import Any

import torch
from tensordict import TensorDictBase

from sparse_rl.control.errors import ControlError
from sparse_rl.control.layouts.engines import Engine, Make
from sparse_rl.control.rollouts import WINDOW, Act, mean_of

MAX_RESTARTS = 100
"""Actors that may die before training ends: beyond, something else is wrong."""


class Actors(ABC):
    """A number of actors, each with some environments.

    Args:
        engine: where they live.
        make: makes what an actor does.
        count: actors.
        members: environments of each.
        seed: seed of the first actor; others, and those started again, have later ones.

    Attributes:
        engine: where they live.
        steps: environment steps of the unrolls so far.
        returns: returns of the last episodes that ended, at most `WINDOW`.
        restarts: actors that died and were replaced.
        bytes: bytes that were sent and received.
        forwards: forward calls of a policy network, by whoever made them.
    """

    def __init__(self, engine: Engine, make: Make, count: int, members: int, seed: int) -> None:
        self.engine = engine
        self.count = count
        self.members = members
        self.steps = self.restarts = self.bytes = self.forwards = 0
        self.returns: deque[float] = deque(maxlen=WINDOW)
        self._make = make
        self._next_seed = seed
        self._sums = torch.zeros(count, members)
        self._asked = [0.0] * count
        for index in range(count):
            self._start(index)

    # ---- for the layouts

    @abstractmethod
    def unroll(self, act: Act, steps: int) -> TensorDictBase:
        """Returns one unroll of every actor's size, from whoever is first; shape [E, T]."""

    @abstractmethod
    def begin(self, index: int) -> None:
        """Asks an actor that has started, for the first time or again."""

    def send(self, index: int, message: bytes) -> None:
        """Asks an actor for a reply."""
        self._asked[index] = time.monotonic()
        self.bytes += len(message)
        self.engine.send(index, message)

    def receive(self, waiting: set[int], timeout: float | None = None) -> dict[int, bytes]:
        """Receives from those of the actors that have something; replaces the dead and the hung.

        Args:
            waiting: actors to receive from.
            timeout: seconds to wait for the first reply; None for the engine's patience.
        """
        patience = self.engine.patience
        found, lost = self.engine.receive(waiting, patience if timeout is None else timeout)
        self.bytes += sum(map(len, found.values()))
        late = time.monotonic() - patience
        for index in waiting - found.keys():
            if index in lost or self._asked[index] <= late:
                self._replace(index)
        return found

    def join(self, unrolls: Sequence[TensorDictBase]) -> TensorDictBase:
        """Joins the unrolls that the learner gets, and counts their steps."""
        joined: TensorDictBase = torch.cat(list(unrolls), 0)
        self.steps += joined.numel()
        return joined

    def count_returns(self, index: int, unroll: TensorDictBase) -> None:
        """Counts the returns of the episodes that end in an actor's unroll [E, T]."""
        rewards_ET = unroll["next", "reward"].squeeze(-1)
        done_ET = (unroll["next", "terminated"] | unroll["next", "truncated"]).squeeze(-1)
        for reward_E, done_E in zip(rewards_ET.T, done_ET.T, strict=True):
            self._sums[index] += reward_E
            self.returns += self._sums[index][done_E].tolist()
            self._sums[index][done_E] = 0.0

    def _start(self, index: int) -> None:
        seed, self._next_seed = self._next_seed, self._next_seed + self.members
        self.engine.start(index, self._make, seed)
        self._sums[index] = 0.0
        self.begin(index)

    def _replace(self, index: int) -> None:
        self.restarts += 1
        if self.restarts > MAX_RESTARTS:
            self.close()
            raise ControlError(f"look into the machine: {MAX_RESTARTS} actors have died")
        self._start(index)

    # ---- the learner's view

    def close(self) -> None:
        self.engine.close()

    @property
    def mean_return(self) -> float | None:
        return mean_of(self.returns)

    def measured(self) -> dict[str, float]:
        """What the layout costs per environment step, and how many actors were replaced."""
        steps = max(self.steps, 1)
        return {
            "actors/bytes_per_step": self.bytes / steps,
            "actors/forwards_per_step": self.forwards / steps,
            "actors/restarts": float(self.restarts),
        }

    def state_dict(self) -> dict[str, Any]:
        """The counts: the episodes under way are lost on resuming, as when an actor dies."""
        return {"steps": self.steps, "returns": list(self.returns)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.steps = state["steps"]
        self.returns = deque(state["returns"], WINDOW)
