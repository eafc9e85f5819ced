"""Distributed runs: ranks and collectives.

With one process every function returns at once. With more, all processes must call the
collectives (`gather` and after) in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import distributed

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


def others(value: T) -> list[T]:
    """Gathers the values of all other processes, in rank order."""
    values = gather(value)
    return values[: rank()] + values[rank() + 1 :]


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
