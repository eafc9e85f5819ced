"""Processes that step environments: started, noticed when they die, and started again.

Messages are bytes without objects in them, so their number is what a network would carry.
"""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

import torch
from tensordict import TensorDictBase

from sparse_rl.control.errors import ControlError
from sparse_rl.control.rollouts import WINDOW, Act, mean_of

FORK = get_context("fork")
Play = Callable[[Connection, int], None]
"""What an actor does, with its end of a pipe and its seed."""
MAX_RESTARTS = 100
"""Actors that may die before training ends: beyond, something else is wrong."""


class Actors(ABC):
    """A number of actors, each with some environments.

    Args:
        count: actors.
        members: environments of each.
        play: what an actor does.
        seed: seed of the first actor; others, and those started again, have later ones.
        patience: seconds without a message after which an actor counts as hung and is replaced.

    Attributes:
        steps: environment steps of the unrolls so far.
        returns: returns of the last episodes that ended, at most `WINDOW`.
        restarts: actors that died and were replaced.
        bytes: bytes that were sent and received.
        forwards: forward calls of a policy network, by whoever made them.
    """

    def __init__(
        self, count: int, members: int, play: Play, seed: int, patience: float = 60.0
    ) -> None:
        self.count = count
        self.members = members
        self.patience = patience
        self.steps = self.restarts = self.bytes = self.forwards = 0
        self.returns: deque[float] = deque(maxlen=WINDOW)
        self._play = play
        self._next_seed = seed
        self._links: list[Connection] = []
        self.processes: list[Any] = []
        self._sums = torch.zeros(count, members)
        for index in range(count):
            self._start(index)

    # ---- for the layouts

    @abstractmethod
    def unroll(self, act: Act, steps: int) -> TensorDictBase:
        """Returns one unroll of every actor's size, from whoever is first; shape [E, T]."""

    @abstractmethod
    def begin(self, index: int) -> None:
        """An actor has started, for the first time or again."""

    def send(self, index: int, message: bytes) -> None:
        """Sends to an actor; to a dead one, nothing: its end is noticed when it is read from."""
        with suppress(ConnectionError, BrokenPipeError):
            self._links[index].send_bytes(message)
            self.bytes += len(message)

    def receive(self, waiting: set[int], timeout: float | None = None) -> dict[int, bytes]:
        """Receives from those of the actors that have something; replaces the dead and the hung.

        Args:
            waiting: actors to receive from.
            timeout: seconds to wait for the first message; None for the actors' patience, after
                which those that kept silent are replaced.
        """
        links = {self._links[index]: index for index in waiting}
        ready = wait(list(links), self.patience if timeout is None else timeout)
        found = {}
        for link in ready:
            assert isinstance(link, Connection)
            try:
                found[links[link]] = link.recv_bytes()
                self.bytes += len(found[links[link]])
            except (EOFError, OSError):
                self._replace(links[link])
        if not ready and timeout is None:
            for index in waiting:
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

    # ---- processes

    def _start(self, index: int) -> None:
        near, far = FORK.Pipe()
        new = index == len(self._links)
        others = [link for i, link in enumerate(self._links) if i != index]
        seed, self._next_seed = self._next_seed, self._next_seed + self.members
        process = FORK.Process(
            target=_run, args=(self._play, far, seed, [near, *others]), daemon=True
        )
        process.start()
        # Only the actor holds it now: when it dies, the pipe ends.
        far.close()
        if new:
            self._links.append(near)
            self.processes.append(process)
        else:
            self._links[index], self.processes[index] = near, process
        self._sums[index] = 0.0

    def _replace(self, index: int) -> None:
        self.restarts += 1
        if self.restarts > MAX_RESTARTS:
            self.close()
            raise ControlError(f"look into the machine: {MAX_RESTARTS} actors have died")
        self._end(index)
        self._start(index)
        self.begin(index)

    def _end(self, index: int) -> None:
        self.processes[index].kill()
        self.processes[index].join()
        self._links[index].close()

    def close(self) -> None:
        for index in range(len(self.processes)):
            self._end(index)
        self.processes = []

    # ---- the learner's view

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


def _run(play: Play, link: Connection, seed: int, foreign: list[Connection]) -> None:
    """Plays in a forked process until the learner's end of the pipe closes."""
    for other in foreign:
        other.close()
    # The learner handles Ctrl-C and a batch system's signals, and then ends its actors.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # The parent's threads do not survive a fork.
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    with suppress(EOFError, ConnectionError):
        play(link, seed)
