"""Explored sets: exhausted prefixes of all examples.

A key is a string: the example's id, then the prefix (`prefix_key`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import torch
from bitarray import bitarray
from pybloom_live import BloomFilter

from sparse_rl.errors import SparseRLError
from sparse_rl.exploration.key_log import KeyLog, joined_logs, logged_keys


class ExploredFullError(SparseRLError):
    """A fixed-size explored set has reached its capacity."""


def full_error(capacity: int) -> ExploredFullError:
    """Returns the error of a full set."""
    return ExploredFullError(
        f"raise the capacity of the explored set: its {capacity} prefixes are used up, and more "
        "would break the promised error rate"
    )


Mine = Callable[[str], bool]
"""Whether the example with an id belongs to this process."""


def everything(example_id: str) -> bool:
    """Returns True: one process owns all examples."""
    return True


class Explored(Protocol):
    """A growing set of explored prefixes that can be saved and merged."""

    def add(self, key: str, /) -> bool:
        """Adds a key; returns whether it was present already."""
        ...

    def __contains__(self, key: str, /) -> bool: ...
    def __len__(self) -> int: ...
    def merge(self, other: Any, /) -> None: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: dict[str, Any], mine: Mine, /) -> None: ...

    def snapshot(self) -> Callable[[], dict[str, Any]]:
        """Keeps the present state in a short time; the result builds the `state_dict` of it."""
        ...

    @property
    def inherited(self) -> int:
        """Returns the number of its keys that other processes have loaded too."""
        ...

    @property
    def capacity(self) -> int | None:
        """Returns the number of keys that it has room for; None without a limit."""
        ...

    @property
    def error_rate(self) -> float:
        """Returns the probability, at its present size, that it reports a key it does not have."""
        ...

    @staticmethod
    def union(states: Sequence[dict[str, Any]], /) -> dict[str, Any]:
        """Merges the states of several processes into one."""
        ...


def prefix_key(example_id: str, actions: Iterable[int]) -> str:
    """Returns the key of a prefix: one character per action after the id."""
    return f"{example_id}\0" + "".join(map(chr, actions))


def _encodable(key: str) -> str:
    """Writes action ids that are surrogates as text: from 55,296 on, those of very wide tables."""
    if key.isascii():  # Nearly all.
        return key
    return key.encode("utf-8", "backslashreplace").decode("utf-8")


def false_positive_rate(keys: int, hashes: int, bits: int) -> float:
    """Returns the error rate of a Bloom filter, (1 - exp(-hashes keys / bits)) ** hashes.

    >>> f"{false_positive_rate(1_000_000, 27, 38_500_000):.0e}"
    '1e-08'
    """
    return (-math.expm1(-hashes * keys / bits)) ** hashes


def part_of_state(state: dict[str, Any], name: str) -> Any:
    """Returns an entry of a state that only one kind of explored set has.

    Raises:
        SparseRLError: the state is of another kind.
    """
    if name not in state:
        raise SparseRLError(
            "set the option explored as the checkpoint's run had it: its explored set is of "
            "another kind"
        )
    return state[name]


def _keys_of(state: dict[str, Any]) -> Iterable[str]:
    """Returns the keys of an exact set; in checkpoints of earlier versions they are a list."""
    if "keys" in state:
        old: list[str] = state["keys"]
        return old
    return logged_keys(part_of_state(state, "text"), state["lengths"])


class ExactExplored:
    """A set of keys: exact, 100-250 bytes per prefix."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._log = KeyLog()

    def add(self, key: str) -> bool:
        present = key in self._keys
        if not present:
            self._keys.add(key)
            self._log.append(key)
        return present

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def merge(self, other: ExactExplored) -> None:
        # In an order that does not depend on the hashes of texts, which differ between processes.
        for key in sorted(other._keys):
            self.add(key)

    def snapshot(self) -> Callable[[], dict[str, Any]]:
        return self._log.snapshot()

    def state_dict(self) -> dict[str, Any]:
        return self.snapshot()()

    def load_state_dict(self, state: dict[str, Any], mine: Mine = everything) -> None:
        self._keys, self._log = set(), KeyLog()
        for key in _keys_of(state):
            if mine(key.partition("\0")[0]):
                self.add(key)

    @property
    def inherited(self) -> int:
        return 0

    @property
    def capacity(self) -> int | None:
        return None

    @property
    def error_rate(self) -> float:
        return 0.0

    @staticmethod
    def union(states: Sequence[dict[str, Any]]) -> dict[str, Any]:
        return joined_logs(states)


class BloomExplored:
    """A Bloom filter over keys: about 5 bytes per prefix at an error rate of 1e-8.

    A false positive makes exploration skip one unexplored prefix. Exploration looks up several
    keys per step, so the error rate must be far below one over the number of look-ups.

    A filter cannot be divided: each process that loads it has all keys. The capacity is therefore
    the whole run's.

    Args:
        capacity: prefixes it is sized for; plan attempts per example times examples, and as many
            again for prefixes above programs.
        error_rate: probability that a key that was never added is reported as present.
    """

    def __init__(self, capacity: int, error_rate: float = 1e-8) -> None:
        self._filter = BloomFilter(capacity, error_rate)
        self._inherited = 0

    def add(self, key: str) -> bool:
        if len(self._filter) >= self._filter.capacity:
            raise full_error(self._filter.capacity)
        return bool(self._filter.add(_encodable(key)))

    def __contains__(self, key: str) -> bool:
        return _encodable(key) in self._filter

    def __len__(self) -> int:
        return len(self._filter)

    def merge(self, other: BloomExplored) -> None:
        mine, theirs = self._filter, other._filter
        if (mine.capacity, mine.error_rate) != (theirs.capacity, theirs.error_rate):
            raise ValueError("merge Bloom filters of equal capacity and error rate only")
        mine.bitarray |= theirs.bitarray
        # Exact for the disjoint examples of different processes, an upper bound otherwise.
        mine.count += theirs.count

    def snapshot(self) -> Callable[[], dict[str, Any]]:
        bits = self._filter.bitarray.tobytes()
        numbers = {
            "capacity": self._filter.capacity,
            "error_rate": self._filter.error_rate,
            "count": len(self._filter),
            "inherited": self._inherited,
        }
        return lambda: {**numbers, "bits": torch.frombuffer(bytearray(bits), dtype=torch.uint8)}

    def state_dict(self) -> dict[str, Any]:
        return self.snapshot()()

    def load_state_dict(self, state: dict[str, Any], mine: Mine = everything) -> None:
        bits = bitarray(endian="little")
        bits.frombytes(part_of_state(state, "bits").numpy().tobytes())
        self._filter = BloomFilter(state["capacity"], state["error_rate"])
        self._filter.bitarray = bits[: self._filter.num_bits]
        self._filter.count = self._inherited = state["count"]

    @property
    def inherited(self) -> int:
        return self._inherited

    @property
    def capacity(self) -> int | None:
        capacity: int = self._filter.capacity
        return capacity

    @property
    def error_rate(self) -> float:
        filter_ = self._filter
        return false_positive_rate(len(filter_), filter_.num_slices, filter_.num_bits)

    @staticmethod
    def union(states: Sequence[dict[str, Any]]) -> dict[str, Any]:
        bits = states[0]["bits"].clone()
        for state in states[1:]:
            bits |= state["bits"]
        inherited = states[0]["inherited"]
        count = inherited + sum(state["count"] - inherited for state in states)
        return {**states[0], "bits": bits, "count": count, "inherited": 0}
