"""Types of options with bounds: constructors and commands check them in the same way.

    @bounded
    def __init__(self, hidden: Width = 200, dropout: Dropout = 0.0) -> None: ...

A value out of bounds ends in one line: "set dropout to 0 or more and below 1: got 2.0".
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Annotated, Any, ParamSpec, TypeVar, get_args, get_type_hints

from sparse_rl.errors import SparseRLError

P = ParamSpec("P")
R = TypeVar("R")

# What tensors and arrays can count.
_MOST = 2**63 - 1


class OptionError(SparseRLError, ValueError):
    """An option is outside its bounds."""


@dataclass(frozen=True)
class Within:
    """Bounds of a number, which must be finite.

    Attributes:
        low: least value.
        high: greatest value.
        open_low: whether `low` itself is out of bounds.
        open_high: whether `high` itself is out of bounds.
    """

    low: float
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.low or (value == self.low and not self.open_low)
        below = value < self.high or (value == self.high and not self.open_high)
        return above and below and value < math.inf

    def __str__(self) -> str:
        unlimited = self.high in (math.inf, _MOST)
        if not (self.open_low or self.open_high or unlimited):
            return f"between {self.low} and {self.high}"
        low = f"above {self.low}" if self.open_low else f"to {self.low} or more"
        if unlimited:
            return low
        return f"{low} and {'below' if self.open_high else 'up to'} {self.high}"

    def check(self, name: str, value: Any) -> None:
        """Checks an option's value.

        Raises:
            OptionError: it is out of bounds, or no number.
        """
        if not isinstance(value, Real) or value not in self:  # type: ignore[operator]
            big = isinstance(value, int) and value > self.high == _MOST
            bounds = f"to {_MOST:,} or less" if big else self
            raise OptionError(f"set {name} {bounds}: got {str(value)[:40]}")


Count = Annotated[int, Within(1, _MOST)]
"""At least one."""
NonNegative = Annotated[int, Within(0, _MOST)]
"""Zero or more."""
Beam = Annotated[int, Within(1, 65_536)]
"""Programs of a beam."""
Draws = Annotated[int, Within(0, 65_536)]
"""Draws for every example of a step."""
Workers = Annotated[int, Within(0, 512)]
"""Processes to start; 0 has a meaning of its own."""
Width = Annotated[int, Within(1, 65_536)]
"""Width of a layer."""
ProgramLength = Annotated[int, Within(1, 16)]
"""Expressions of a program."""
Seed = Annotated[int, Within(0, 2**32 - 1)]
"""A seed that every generator accepts."""
Fraction = Annotated[float, Within(0, 1)]
"""From 0 to 1."""
PositiveFraction = Annotated[float, Within(0, 1, open_low=True)]
"""Above 0 and up to 1."""
ProperFraction = Annotated[float, Within(0, 1, open_low=True, open_high=True)]
"""Above 0 and below 1."""
Dropout = Annotated[float, Within(0, 1, open_high=True)]
"""Fraction of units that are left out."""
Amount = Annotated[float, Within(0)]
"""Zero or more."""
PositiveAmount = Annotated[float, Within(0, open_low=True)]
"""Above zero."""
LearningRate = Annotated[float, Within(0, 1)]
"""Rate of Adam, whose steps are about as long as the rate."""


def bounded(function: Callable[P, R]) -> Callable[P, R]:
    """Makes a function, such as a constructor, check its arguments that have bounds."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            bounds = _bounds_of(function).get(name)
            if bounds is not None and not (value is None and name in _optional(function)):
                bounds.check(name, value)
        return function(*args, **kwargs)

    return checked


# At the first call: annotations are texts until then.
@functools.cache
def _bounds_of(function: Any) -> dict[str, Within]:
    """Bounds by argument."""
    hints = get_type_hints(function, include_extras=True)
    found = {name: bounds_of_type(hint) for name, hint in hints.items()}
    return {name: bounds for name, bounds in found.items() if bounds is not None}


@functools.cache
def _optional(function: Any) -> frozenset[str]:
    """Names of the arguments that may be None."""
    hints = get_type_hints(function, include_extras=True)
    return frozenset(name for name, hint in hints.items() if accepts_none(hint))


def accepts_none(hint: Any) -> bool:
    """Whether None is a value of a type."""
    return hint in (Any, None, type(None)) or type(None) in get_args(hint)


def bounds_of_type(hint: Any) -> Within | None:
    """Returns the bounds of a type, such as `Count` or `Seed | None`; None if it has none."""
    parts = (*getattr(hint, "__metadata__", ()), *get_args(hint))
    return next((part for part in parts if isinstance(part, Within)), None) or next(
        (found for part in get_args(hint) if (found := bounds_of_type(part))), None
    )


def check_fields(options: Any) -> None:
    """Checks the fields of a dataclass that have bounds.

    Raises:
        OptionError: a value is out of bounds.
    """
    kind: Any = type(options)
    for name, bounds in _bounds_of(kind).items():
        bounds.check(name, getattr(options, name))
