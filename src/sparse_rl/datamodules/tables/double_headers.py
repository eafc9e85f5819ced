"""Headers of two lines: names above years or quarters, and units below names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sparse_rl.annotation.readers.numbers import is_value
from sparse_rl.annotation.readers.units import SCALES, UNITS
from sparse_rl.datamodules.tables.delimited import NumberedRow
from sparse_rl.interpreters.tables.no_value import MARKERS

_SAMPLE = 50
PERIOD = re.compile(r"(?:19|20)\d\d|Q[1-4]", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"[(\[][^()\[\]]{1,12}[)\]]")


def joined_header(rows: Sequence[NumberedRow]) -> list[str] | None:
    """Joins the first two rows if both are headers; None if the second is data."""
    if len(rows) < 3 or len(rows[0][1]) != len(rows[1][1]) or len(rows[0][1]) < 2:
        return None
    first, second = ([cell.strip() for cell in cells] for _, cells in rows[:2])
    columns = [
        [cells[place].strip() for _, cells in rows[2 : 2 + _SAMPLE] if place < len(cells)]
        for place in range(len(first))
    ]
    if all(first):
        if len(set(first)) == len(first) and _are_units(second, columns):
            return [f"{name} {_bracketed(unit)}".strip() for name, unit in _pairs(first, second)]
        if len(set(first)) == len(first):
            return None
    return _spanned(first, second, columns)


def _pairs(first: Sequence[str], second: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(first, second, strict=True))


def _are_units(second: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    return any(second) and all(
        not unit
        or (
            (unit.lower() in UNITS or unit.lower() in SCALES or _IN_BRACKETS.fullmatch(unit))
            and not is_value(unit)
            and any(map(is_value, column))
        )
        for unit, column in zip(second, columns, strict=True)
    )


def _bracketed(unit: str) -> str:
    return unit if not unit or _IN_BRACKETS.fullmatch(unit) else f"({unit})"


def _spanned(
    first: Sequence[str], second: Sequence[str], columns: Sequence[Sequence[str]]
) -> list[str] | None:
    """Joins names that span several columns with what stands below them."""
    names = list(first)
    for place in range(1, len(names)):
        names[place] = names[place] or names[place - 1]
    open_ = [place for place, name in enumerate(names) if not first[place] or names.count(name) > 1]
    if not any(names) or any(not second[place] for place in open_):
        return None
    evidence = False
    for place, (name, column) in enumerate(zip(second, columns, strict=True)):
        values = [cell for cell in column if is_value(cell)]
        if not values or not name:
            continue
        period = PERIOD.fullmatch(name) and not all(map(PERIOD.fullmatch, values))
        if name.lower() in MARKERS or (is_value(name) and not period):
            return None
        evidence = evidence or place in open_
    if not evidence:
        return None
    return [
        name if name == below else f"{name} {below}".strip()
        for name, below in _pairs(names, second)
    ]
