"""An explored set on a Bloom filter written in Rust (extra `rbloom`)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from sparse_rl.errors import SparseRLError
from sparse_rl.exploration.explored import (
    Mine,
    everything,
    false_positive_rate,
    full_error,
    part_of_state,
)


class RBloomExplored:
    """A Bloom filter over keys, like `BloomExplored`, with less work per key.

    Args:
        capacity: prefixes it is sized for, of the whole run.
        error_rate: probability that a key that was never added is reported as present.

    Raises:
        SparseRLError: the package `rbloom` is not installed.
    """

    def __init__(self, capacity: int, error_rate: float = 1e-8) -> None:
        self._capacity = capacity
        self._error_rate = error_rate
        self._filter = _filters()(capacity, error_rate, _unchanged)
        self._count = self._inherited = 0

    def add(self, key: str) -> bool:
        if self._count >= self._capacity:
            raise full_error(self._capacity)
        code = _hash(key)
        present = code in self._filter
        if not present:
            self._filter.add(code)
            self._count += 1
        return present

    def __contains__(self, key: str) -> bool:
        return _hash(key) in self._filter

    def __len__(self) -> int:
        return self._count

    def merge(self, other: RBloomExplored) -> None:
        if (self._capacity, self._error_rate) != (other._capacity, other._error_rate):
            raise ValueError("merge Bloom filters of equal capacity and error rate only")
        self._filter |= other._filter
        # Exact for the disjoint examples of different processes, an upper bound otherwise.
        self._count += other._count

    def snapshot(self) -> Callable[[], dict[str, Any]]:
        content = self._filter.save_bytes()
        numbers = {
            "capacity": self._capacity,
            "error_rate": self._error_rate,
            "count": self._count,
            "inherited": self._inherited,
        }
        return lambda: {
            **numbers,
            "rbloom": torch.frombuffer(bytearray(content), dtype=torch.uint8),
        }

    def state_dict(self) -> dict[str, Any]:
        return self.snapshot()()

    def load_state_dict(self, state: dict[str, Any], mine: Mine = everything) -> None:
        content = part_of_state(state, "rbloom").numpy().tobytes()
        self._filter = _filters().load_bytes(content, _unchanged)
        self._capacity, self._error_rate = state["capacity"], state["error_rate"]
        self._count = self._inherited = state["count"]

    @property
    def inherited(self) -> int:
        return self._inherited

    @property
    def capacity(self) -> int | None:
        return self._capacity

    @property
    def error_rate(self) -> float:
        bits: int = self._filter.size_in_bits
        # The package does not tell its number of hashes: the best one for its size.
        hashes = round(bits / self._capacity * math.log(2))
        return false_positive_rate(self._count, hashes, bits)

    @staticmethod
    def union(states: Sequence[dict[str, Any]]) -> dict[str, Any]:
        # The header before the bits is the number of hashes: the same for equal sizes.
        content = states[0]["rbloom"].clone()
        for state in states[1:]:
            content |= state["rbloom"]
        inherited = states[0]["inherited"]
        count = inherited + sum(state["count"] - inherited for state in states)
        return {**states[0], "rbloom": content, "count": count, "inherited": 0}


def _filters() -> Any:
    try:
        from rbloom import Bloom
    except ImportError as error:
        raise SparseRLError(
            "pip install 'sparse_rl[rbloom]', or choose the explored set exact or bloom: rbloom is "
            "not installed"
        ) from error
    return Bloom


def _hash(key: str) -> int:
    """Returns 128 bits, the same in every process, unlike Python's own hash of a text.

    >>> _hash("q1") == _hash("q" + "1") != _hash("q2")
    True
    """
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest, "little", signed=True)


def _unchanged(code: int) -> int:
    """The filter's hash function: keys are hashed once, before look-up and addition."""
    return code
