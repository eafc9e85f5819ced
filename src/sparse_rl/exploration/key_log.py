"""The keys of an explored set in the order of their arrival, as text that a checkpoint can hold."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

CHUNK = 16_384
"""Keys that are packed at once: milliseconds of work, so that no checkpoint waits for more."""


class KeyLog:
    """A growing list of keys, packed into immutable chunks of text, which a snapshot refers to."""

    def __init__(self) -> None:
        self._chunks: list[tuple[bytes, bytes]] = []
        self._recent: list[str] = []

    def append(self, key: str) -> None:
        """Notes a new key."""
        self._recent.append(key)
        if len(self._recent) >= CHUNK:
            self._pack()

    def _pack(self) -> None:
        text = "".join(self._recent).encode("utf-8", "surrogatepass")
        self._chunks.append((text, array("i", map(len, self._recent)).tobytes()))
        self._recent = []

    def snapshot(self) -> Callable[[], dict[str, Any]]:
        """Keeps the present keys, in time for the last few; see `Explored.snapshot`."""
        if self._recent:
            self._pack()
        chunks = list(self._chunks)
        return lambda: {
            "text": tensor_of(b"".join([text for text, _ in chunks]), np.uint8),
            "lengths": tensor_of(b"".join([lengths for _, lengths in chunks]), np.int32),
        }


def logged_keys(text: Tensor, lengths: Tensor) -> Iterator[str]:
    """Returns the keys of a snapshot's state, in their order.

    Args:
        text: the keys one after another, in UTF-8; uint8.
        lengths: number of characters of every key.

    Raises:
        ValueError: text and lengths do not belong together.
    """
    characters = text.numpy().tobytes().decode("utf-8", "surrogatepass")
    sizes = lengths.tolist()
    if min(sizes, default=0) < 0 or sum(sizes) != len(characters):
        raise ValueError("explored prefixes of other lengths than their text")
    return (characters[start:end] for start, end in pairwise(accumulate(sizes, initial=0)))


def joined_logs(states: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Joins the states of processes with disjoint examples."""
    if len(states) == 1:
        return states[0]
    return {name: torch.cat([state[name] for state in states]) for name in ("text", "lengths")}


def tensor_of(content: bytes, kind: type[np.generic]) -> Tensor:
    """Reads numbers from bytes, of which there may be none; they are copied."""
    return torch.from_numpy(np.frombuffer(content, kind).copy())
