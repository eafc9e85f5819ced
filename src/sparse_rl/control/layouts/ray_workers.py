"""Actors of Ray, on this machine or on a cluster."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from sparse_rl.control.layouts.engines import Make, wake
from sparse_rl.ray_cluster import ray_cluster


class RayActor:
    """What Ray runs: an actor."""

    def __init__(self, make: Make, seed: int) -> None:
        self._play = wake(make, seed)

    def reply(self, message: bytes) -> bytes:
        return self._play(message)


class RayWorkers:
    """The engine of many machines; every actor is one of Ray's with one CPU.

    Args:
        count: actors.
        address: of a cluster, as `ray_cluster` has it.

    Attributes:
        patience: seconds without a reply after which an actor counts as hung; a new one has to find
            room and to import the package first.
        handles: Ray's handle of every actor.
    """

    def __init__(self, count: int, address: str | None = None) -> None:
        self.patience = 300.0
        self.handles: dict[int, Any] = {}
        self._replies: dict[int, Any] = {}
        self._connection = ExitStack()
        self._ray = self._connection.enter_context(ray_cluster(count, address))
        self._kind = self._ray.remote(num_cpus=1, max_restarts=0)(RayActor)

    def start(self, index: int, make: Make, seed: int) -> None:
        self._end(index)
        self.handles[index] = self._kind.remote(make, seed)

    def send(self, index: int, message: bytes) -> None:
        self._replies[index] = self.handles[index].reply.remote(message)

    def receive(self, waiting: set[int], timeout: float) -> tuple[dict[int, bytes], set[int]]:
        replies = {self._replies[index]: index for index in waiting}
        ready, _ = self._ray.wait(list(replies), num_returns=1, timeout=timeout)
        if ready:
            ready, _ = self._ray.wait(list(replies), num_returns=len(replies), timeout=0)
        found: dict[int, bytes] = {}
        dead = set()
        for reply in ready:
            try:
                found[replies[reply]] = self._ray.get(reply)
            except self._ray.exceptions.RayError:
                dead.add(replies[reply])
        return found, dead

    def close(self) -> None:
        for index in list(self.handles):
            self._end(index)
        self._connection.close()

    def _end(self, index: int) -> None:
        if index in self.handles:
            self._ray.kill(self.handles.pop(index))
