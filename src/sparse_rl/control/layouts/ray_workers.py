"""Actors of Ray, on this machine or on a cluster."""

from __future__ import annotations

import os
import signal
import socket
from typing import Any

from sparse_rl.control.errors import ControlError
from sparse_rl.control.layouts.engines import Make, wake

STORE = 256 * 2**20
"""Bytes of a local Ray's object store: weights and unrolls under way."""

SILENT = {"log_to_driver": False, "logging_level": "ERROR"}


class RayActor:
    """What Ray runs: an actor."""

    def __init__(self, make: Make, seed: int) -> None:
        self._play = wake(make, seed)

    def reply(self, message: bytes) -> bytes:
        return self._play(message)


class RayWorkers:
    """The engine of many machines; every actor is one of Ray's with one CPU.

    A Ray that runs in this process already is used as it is, and left running.

    Args:
        count: actors.
        address: of a cluster, as `ray.init` takes it; None starts a Ray that only this machine
            reaches, without a dashboard.

    Attributes:
        patience: seconds without a reply after which an actor counts as hung; a new one has to find
            room and to import the package first.
        handles: Ray's handle of every actor.
    """

    def __init__(self, count: int, address: str | None = None) -> None:
        self.patience = 300.0
        self.handles: dict[int, Any] = {}
        self._replies: dict[int, Any] = {}
        self._ray = find_ray()
        self._started = not self._ray.is_initialized()
        if self._started:
            _connect(self._ray, count, address)
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
        if self._started:
            self._ray.shutdown()
            self._started = False

    def _end(self, index: int) -> None:
        if index in self.handles:
            self._ray.kill(self.handles.pop(index))


def find_ray() -> Any:
    """Imports Ray, without reports to its makers.

    Raises:
        ControlError: it is not installed.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise ControlError("pip install 'sparse_rl[ray]': model.engine=ray needs it") from error
    return ray


def _connect(ray: Any, count: int, address: str | None) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    try:
        if address is None:
            # Ray listens on all interfaces but where it knows no clusters, as on macOS.
            ray._private.ray_constants.ENABLE_RAY_CLUSTER = False
            own = {"num_cpus": count, "object_store_memory": STORE, "include_dashboard": False}
            ray.init("local", **own, **SILENT)
        else:
            _knock(ray, address)
            ray.init(address, **SILENT)
    except (OSError, ValueError, RuntimeError) as error:
        said = " ".join(str(error).split())
        raise ControlError(f"set model.address to a cluster that runs: {said}") from error
    finally:
        # The run saves its checkpoint at SIGTERM; Ray would end it.
        if signal.getsignal(signal.SIGTERM) is not handler:
            signal.signal(signal.SIGTERM, handler)


def _knock(ray: Any, address: str) -> None:
    """Fails in seconds where there is no cluster: Ray itself would try for minutes."""
    if "://" in address:
        return
    found = ray._private.services.canonicalize_bootstrap_address(address)
    if found is not None:
        host, _, port = found.rpartition(":")
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
