"""Distributed runs: ranks and collectives.

With one process every function returns at once. With more, all processes must call the
collectives (`gather` and after) in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed

from sparse_rl.errors import SparseRLError

T = TypeVar("T")

# In the errors of collectives of gloo, NCCL and the store through which processes meet.
_CONNECTIONS = ("gloo", "NCCL", "TCPStore", "Connection closed by peer", "Broken pipe")


def count() -> int:
    """Number of processes."""
    together = distributed.is_available() and distributed.is_initialized()
    return distributed.get_world_size() if together else 1


def rank() -> int:
    """Rank of this process, from 0."""
    return distributed.get_rank() if count() > 1 else 0


def gather(value: T) -> list[T]:
    """Gathers the values of all processes, in rank order, on all processes."""
    if count() == 1:
        return [value]
    values: list[Any] = [None] * count()
    distributed.all_gather_object(values, value)
    return values


def gather_to_first(value: T) -> list[T]:
    """Gathers the values of all processes, in rank order, on rank 0; others keep their own."""
    if count() == 1:
        return [value]
    values: list[Any] | None = [None] * count() if rank() == 0 else None
    distributed.gather_object(value, values)
    return values or [value]


def total(value: float, device: torch.device | str = "cpu") -> float:
    """Sums a value over all processes."""
    if count() == 1:
        return value
    sum_ = torch.tensor(value, dtype=torch.float64, device=device)
    distributed.all_reduce(sum_)
    return float(sum_)


def mean(values: Mapping[str, float], weight: float) -> dict[str, float]:
    """Weighted mean of each name over the processes that have it."""
    if count() == 1:
        return dict(values)
    sums: dict[str, float] = {}
    weights: dict[str, float] = {}
    for others, its_weight in gather((dict(values), weight)):
        for name, value in others.items():
            sums[name] = sums.get(name, 0.0) + its_weight * value
            weights[name] = weights.get(name, 0.0) + its_weight
    return {name: sums[name] / weights[name] for name in sorted(sums)}


def share_of(items: Sequence[T]) -> list[T]:
    """This process's part of a sequence: every item is in one part; sizes differ by at most one."""
    return list(items[rank() :: count()])


class Mailbox:
    """Gathers a list of numbers of every process in one collective, while this one goes on.

    All send tensors of one length, so that nothing is pickled and no lengths are asked for first. A
    list that is longer says so, and all send again with room for it; the room stays.

    Args:
        room: numbers that fit in at first.
    """

    def __init__(self, room: int = 1024) -> None:
        self._room = room
        self._own: Sequence[float] = ()
        self._device: torch.device | str = "cpu"
        self._parts: list[Tensor] = []
        self._work: Any = None

    def send(self, numbers: Sequence[float], device: torch.device | str = "cpu") -> None:
        """Sends this process's numbers, without waiting; whole ones are exact up to 2 ** 53."""
        self._own, self._device = numbers, device
        if count() > 1:
            self._post()

    def receive(self) -> list[list[float]]:
        """Waits for the numbers of all processes; returns them in rank order."""
        if count() == 1:
            return [list(self._own)]
        longest = self._wait()
        if longest > self._room:
            self._room = 2 * longest
            self._post()
            self._wait()
        return [part[1 : 1 + int(part[0])].tolist() for part in self._parts]

    def _post(self) -> None:
        letter = torch.zeros(1 + self._room, dtype=torch.float64)
        numbers = self._own[: self._room]
        letter[0] = len(self._own)
        letter[1 : 1 + len(numbers)] = torch.tensor(numbers, dtype=torch.float64)
        letter = letter.to(self._device)
        self._parts = [torch.empty_like(letter) for _ in range(count())]
        self._work = distributed.all_gather(self._parts, letter, async_op=True)

    def _wait(self) -> int:
        """Waits for the letters; returns the length of the longest list."""
        self._work.wait()
        return max(int(part[0]) for part in self._parts)


class ProcessError(SparseRLError):
    """Another process of a distributed run has ended."""


@contextmanager
def together() -> Iterator[None]:
    """Turns the error of a collective whose other side is gone into one line.

    Raises:
        ProcessError: another process has ended in the middle of the block.
    """
    try:
        yield
    except RuntimeError as error:
        text = " ".join(str(error).split())
        if count() == 1 or not any(name in text for name in _CONNECTIONS):
            raise
        raise ProcessError(
            f"resume with --ckpt_path=last: another process of the run has ended ({text[:80]})"
        ) from error


@contextmanager
def first_one_first() -> Iterator[None]:
    """Runs the block on rank 0 before the others, which then find its cached result."""
    if rank() > 0:
        distributed.barrier()
    try:
        yield
    finally:
        # After an error too: the others then meet the error themselves instead of waiting for ever.
        if count() > 1 and rank() == 0:
            distributed.barrier()
