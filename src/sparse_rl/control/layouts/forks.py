"""Actors in forks of the learner's process, at the other ends of pipes."""

from __future__ import annotations

import signal
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

from sparse_rl.control.layouts.engines import Make, wake

FORK = get_context("fork")


class Forks:
    """The engine of one machine.

    Attributes:
        patience: seconds without a reply after which an actor counts as hung.
        processes: process of every actor.
    """

    def __init__(self) -> None:
        self.patience = 60.0
        self.processes: dict[int, Any] = {}
        self._links: dict[int, Connection] = {}

    def start(self, index: int, make: Make, seed: int) -> None:
        self._end(index)
        near, far = FORK.Pipe()
        foreign = [near, *self._links.values()]
        process = FORK.Process(target=_run, args=(make, seed, far, foreign), daemon=True)
        process.start()
        # Only the actor holds it now: when it dies, the pipe ends.
        far.close()
        self._links[index], self.processes[index] = near, process

    def send(self, index: int, message: bytes) -> None:
        with suppress(ConnectionError):
            self._links[index].send_bytes(message)

    def receive(self, waiting: set[int], timeout: float) -> tuple[dict[int, bytes], set[int]]:
        links = {self._links[index]: index for index in waiting}
        found: dict[int, bytes] = {}
        dead = set()
        for link in wait(list(links), timeout):
            assert isinstance(link, Connection)
            try:
                found[links[link]] = link.recv_bytes()
            except (EOFError, OSError):
                dead.add(links[link])
        return found, dead

    def close(self) -> None:
        for index in list(self.processes):
            self._end(index)

    def _end(self, index: int) -> None:
        if index in self.processes:
            process = self.processes.pop(index)
            process.kill()
            process.join()
            self._links.pop(index).close()


def _run(make: Make, seed: int, link: Connection, foreign: list[Connection]) -> None:
    """Plays in a forked process until the learner's end of the pipe closes."""
    for other in foreign:
        other.close()
    # The learner handles Ctrl-C and a batch system's signals, and then ends its actors.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    play = wake(make, seed)
    with suppress(EOFError, ConnectionError):
        while True:
            link.send_bytes(play(link.recv_bytes()))
