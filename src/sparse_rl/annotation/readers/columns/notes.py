"""What a column of numbers tells its readers: scales, units, currencies, other readings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import regex as re

from sparse_rl.annotation.readers.columns.cells import ColumnCells
from sparse_rl.annotation.readers.numbers import Quantity, read_quantity
from sparse_rl.annotation.readers.units import SCALES, header_unit, symbol

_SCALE_HEADER = re.compile(
    r"\b(?:thousands?|lakhs?|millions?|mio|crores?|billions?|mrd|trillions?)\b|"
    r"[($€£](?:mn|bn|k|m|b)\b|\b000s?\b",
    re.IGNORECASE,
)

_STAND_INS = (-999, -9999, -99999, -999999)


def number_notes(
    column: ColumnCells, quantities: Sequence[Quantity], units: Sequence[str], metres: bool
) -> tuple[list[str], list[str]]:
    """Tells scale, unit and currency of a column; and what does not fit together."""
    notes, warnings = [], []
    scales = [i for i, q in enumerate(quantities) if q.scale]
    if scales:
        cell, value = column.cells[scales[0]], quantities[scales[0]].value
        notes.append(f"{cell} is {value}")
    marked = next((i for i, q in enumerate(quantities) if q.marked), None)
    if marked is not None:
        notes.append(f"{column.cells[marked]} is {quantities[marked].value}")
    if metres and any(cell.endswith("m") for cell in column.cells):
        notes.append("m is metres")
    currencies = sorted({q.currency for q in quantities} - {""})
    if len(currencies) > 1:
        first = {
            c: next(i for i, q in enumerate(quantities) if q.currency == c) for c in currencies
        }
        places = " and ".join(column.named(place) for place in first.values())
        warnings.append(f"amounts in {listed(currencies)} are compared as they are: {places}")
    if units and symbol(units[0]) != header_unit(column.header):
        bare = [i for i, q in enumerate(quantities) if not q.unit and not q.currency]
        if bare and units == ["%"]:
            warnings.append(f"{column.named(bare[0])} has no percent sign, others have")
        elif bare:
            notes.append(f"{column.named(bare[0])} has no {units[0]!r}, others have")
    if scales and header_scale(column.header) > 1:
        bare = [i for i, q in enumerate(quantities) if not q.scale]
        if bare:
            warnings.append(
                f"{column.named(bare[0])} is in the scale of the header, {column.named(scales[0])} "
                "has its own"
            )
    if any(c.startswith("(") for c in column.cells):
        notes.append("(1) is -1")
    place = _stand_in([quantity.value for quantity in quantities])
    if place is not None:
        notes.append(f"{column.named(place)} may mean a missing value")
    return notes, warnings


def _stand_in(values: Sequence[float]) -> int | None:
    """Place of a number such as -999 that is the only negative one of its column."""
    negative = {value for value in values if value < 0}
    if len(negative) == 1 and (value := negative.pop()) in _STAND_INS and max(values) >= 0:
        return values.index(value)
    return None


def both_values(cell: str, decimal: str) -> str:
    """Tells the two values of a cell."""
    values = [read_quantity(cell, mark) for mark in (decimal, "," if decimal == "." else ".")]
    one, other = (v.value if v else "text" for v in values)
    return f"{cell} is {one}, could be {other}"


def header_scale(header: str) -> int:
    """Power of ten that a header names.

    >>> header_scale("Sales (in millions)"), header_scale("Sales, $000"), header_scale("Sales")
    (1000000, 1000, 1)
    """
    match = _SCALE_HEADER.search(header)
    if match is None:
        return 1
    word = match.group().lower().strip("($€£ )")
    return SCALES.get(word.removesuffix("$"), 1000)


def distinct_units(units: Iterable[str]) -> list[str]:
    """Units that differ by more than letter case and a plural."""
    found: dict[str, str] = {}
    for unit in dict.fromkeys(units):
        key = symbol(unit)
        # mW and MW differ, Goals and goal do not.
        key = key.lower().removesuffix("s") if len(key) > 3 else key
        if key:
            found.setdefault(key, unit)
    return list(found.values())


def listed(words: Sequence[str]) -> str:
    """Joins words with commas and a last "and"."""
    return f"{', '.join(words[:-1])} and {words[-1]}"
