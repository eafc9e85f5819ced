"""Progress with the time left, of reading and of trials."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")

_PATIENCE = 3


def in_sight(items: Sequence[T], what: str, unit: str) -> Iterable[T]:
    """Shows a bar in a terminal, once the items have taken three seconds."""
    return tqdm(items, desc=what, unit=f" {unit}", delay=_PATIENCE, disable=None, ncols=79)


def time_left(seconds: float, done: int, left: int) -> str:
    """Says how long the rest takes at the pace so far, such as "about 12 min left".

    Args:
        seconds: time that the finished ones took together.
        done: how many have finished in this time.
        left: how many have not.
    """
    rest = seconds / done * left
    if rest < 90:
        return f"about {rest:.0f} s left"
    return f"about {rest / 60:.0f} min left" if rest < 5400 else f"about {rest / 3600:.1f} h left"
