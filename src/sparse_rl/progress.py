"""Progress with the time left, where reading takes long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")

_PATIENCE = 3


def in_sight(items: Sequence[T], what: str, unit: str) -> Iterable[T]:
    """Shows a bar in a terminal, once the items have taken three seconds."""
    return tqdm(items, desc=what, unit=f" {unit}", delay=_PATIENCE, disable=None, ncols=79)
