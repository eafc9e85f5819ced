"""Options that have an effect only with some values of other options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Where:
    """A condition under which some options have an effect.

    Attributes:
        holds: whether the chosen options fulfil the condition.
        remedy: advice on how to fulfil it, for errors.
    """

    holds: bool
    remedy: str

    def option(self, name: str, value: T | None, default: T) -> T:
        """Returns the value of an option, or its default for None.

        Raises:
            ValueError: the option is given where it has no effect.
        """
        if value is None:
            return default
        if not self.holds:
            raise ValueError(f"leave {name} out (null), or {self.remedy}: it does nothing here")
        return value
