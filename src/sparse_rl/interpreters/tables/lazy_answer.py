"""Answers whose values are read when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, overload


class LazyAnswer(Sequence[Any]):
    """A tuple of values that is made when it is needed as a whole.

    Most answers are wrong, which their first values show.

    Args:
        read: yields the values in order.
    """

    def __init__(self, read: Callable[[], Iterator[Any]]) -> None:
        self._read = read

    @cached_property
    def values(self) -> tuple[Any, ...]:
        return tuple(self._read())

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values) if "values" in self.__dict__ else self._read()

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Any, ...]: ...
    def __getitem__(self, place: int | slice) -> Any:
        return self.values[place]

    def __eq__(self, other: object) -> bool:
        return self.values == (other.values if isinstance(other, LazyAnswer) else other)

    def __hash__(self) -> int:
        return hash(self.values)
