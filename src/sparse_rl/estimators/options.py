"""Options that act under some other options only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Where:
    """Where some options act.

    Attributes:
        holds: whether they act with the options that are chosen.
        remedy: what to do so that they act.
    """

    holds: bool
    remedy: str

    def option(self, name: str, value: T | None, default: T) -> T:
        """The value of an option, which is None where it is left at its default.

        Raises:
            ValueError: it is given where it does nothing.
        """
        if value is None:
            return default
        if not self.holds:
            raise ValueError(f"leave {name} out (null), or {self.remedy}: it does nothing here")
        return value
