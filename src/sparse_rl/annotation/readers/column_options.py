"""A user's choices for the columns of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sparse_rl.annotation.readers.dates import ORDERS, Order
from sparse_rl.errors import DataError

TYPES = ("text", "number", "date", "duration")


@dataclass(frozen=True)
class ColumnOptions:
    """Choices for a column; None where its cells decide.

    Attributes:
        type: text, number, date or duration.
        decimal: decimal mark of numbers, `.` or `,`.
        order: order in dates, "day first" or "month first".
        unit: `m` if a glued `m` is a metre and no million.
        missing: markers of a missing value, in place of the usual ones.
    """

    type: str | None = None
    decimal: str | None = None
    order: Order | None = None
    unit: str | None = None
    missing: tuple[str, ...] | None = None


NO_OPTIONS = ColumnOptions()
_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "type": TYPES,
    "decimal": (".", ","),
    "order": ORDERS,
    "unit": ("m",),
}


def column_options(given: Mapping[str, Any], where: str = "") -> dict[str, ColumnOptions]:
    """Checks the choices for columns: a type alone, or options by name.

    >>> column_options({"Code": "text", "Date": {"order": "day first"}})["Code"].type
    'text'

    Raises:
        DataError: an option is unknown or has another value than allowed.
    """
    return {
        str(column): _options(
            str(column), {"type": value} if isinstance(value, str) else value, where
        )
        for column, value in given.items()
    }


def _options(column: str, given: Any, where: str) -> ColumnOptions:
    place = f"column {column!r}{where}"
    if isinstance(given, ColumnOptions):
        return given
    names = [field.name for field in fields(ColumnOptions)]
    if not isinstance(given, Mapping) or not set(given) <= set(names):
        raise DataError(f"choose from {', '.join(names)} for {place}, not {given!r}")
    for name, allowed in _ALLOWED.items():
        if given.get(name) is not None and given[name] not in allowed:
            raise DataError(
                f"set {name} of {place} to one of {', '.join(allowed)}, not {given[name]!r}"
            )
    missing = given.get("missing")
    if missing is not None and (
        not isinstance(missing, (list, tuple)) or not all(isinstance(m, str) for m in missing)
    ):
        raise DataError(f"write missing of {place} as a list of texts, not {missing!r}")
    return ColumnOptions(**{**given, "missing": None if missing is None else tuple(missing)})
