"""Columns of numbers: their decimal mark, and whether `m` is a metre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import regex as re

from sparse_rl.annotation.readers.columns.cells import ColumnCells, few, hopeless, typed
from sparse_rl.annotation.readers.columns.notes import (
    both_values,
    distinct_units,
    header_scale,
    listed,
    number_notes,
)
from sparse_rl.annotation.readers.columns.reading import ColumnReading, Defaults
from sparse_rl.annotation.readers.numbers import Quantity, read_quantity
from sparse_rl.annotation.readers.plain_numbers import BARE_FRACTION
from sparse_rl.annotation.readers.units import UNITS
from sparse_rl.interpreters.tables.text import each_distinct

_YEAR = re.compile(r"1\d{3}|20\d\d|2100")
_LETTER = re.compile(r"[^\W\d_]")
_METRES_HEADER = re.compile(r"\(m\)|\[m\]|, m$|\bmet(?:er|re)s?\b", re.IGNORECASE)


def number_column(column: ColumnCells, defaults: Defaults) -> ColumnReading | str:
    """Reads a column of numbers; else tells what contradicts it, "" if hardly a cell fits."""
    options, cells = column.options, column.cells
    codes = options.type == "number"
    if not codes and hopeless(
        cells, lambda cell: any(read_quantity(cell, mark) for mark in (".", ","))
    ):
        return ""
    # 4/5 beside 3/5 is a rating or the like; beside 1 1/2 or 2 it is a fraction.
    if not codes and all(map(BARE_FRACTION.fullmatch, cells)):
        return ""
    metres = options.unit == "m" or _metres(column, codes)
    marks = (options.decimal,) if options.decimal else (".", ",")
    found = {
        mark: each_distinct(partial(read_quantity, decimal=mark, metres=metres, codes=codes), cells)
        for mark in marks
    }
    fitting = [mark for mark in marks if None not in found[mark]]
    if not fitting:
        return _no_numbers(column, found)
    decimal, decided, notes, is_open = fitting[0], frozenset[str](), [], False
    if len(fitting) == 2:
        read = dict(zip(cells, zip(found["."], found[","], strict=True), strict=True))
        differing = next((cell for cell, (one, other) in read.items() if one != other), None)
        if differing is not None:
            is_open = True
            decimal = defaults.decimal or _even_decimal(cells)
            name = "comma" if decimal == "," else "point"
            notes.append(f"decimal {name}: {both_values(differing, decimal)}")
    elif not options.decimal:
        decided = frozenset({decimal})
        if decimal == ",":
            notes.append("decimal comma")
    quantities = [quantity for quantity in found[decimal] if quantity is not None]
    units = distinct_units(q.unit for q in quantities)
    if len(units) > 1:
        return f"the cells have the units {listed(units)}"
    more, warnings = number_notes(column, quantities, units, metres)
    years = all(map(_YEAR.fullmatch, cells))
    return replace(
        typed(column, "number", [*notes, *more]),
        decimal=decimal,
        open=is_open,
        decided=decided,
        metres=metres,
        years=years,
        header_scale=header_scale(column.header),
        scaled=any(quantity.scale or quantity.currency for quantity in quantities),
        unit=units[0] if units else "",
        codes=codes,
        warnings=tuple(warnings),
    )


def _even_decimal(cells: Sequence[str]) -> str:
    """Decimal mark of cells that allow both: the one by which they are written evenly.

    Beside 950, no 12.500 has decimals: either all numbers have three of them, or none ends in 0.
    """
    bare = any(cell.isdigit() for cell in cells)
    point = any("." in cell and cell.endswith("0") for cell in cells)
    return "," if bare and point else "."


def _metres(column: ColumnCells, codes: bool) -> bool:
    """Whether a glued `m` is a metre: the header says so, or no cell has money or another scale."""
    # Without a letter there is no scale.
    read = [
        read_quantity(cell, ".", False, codes) or read_quantity(cell, ",", False, codes)
        for cell in dict.fromkeys(column.cells)
        if _LETTER.search(cell)
    ]
    scaled = [quantity for quantity in read if quantity is not None and quantity.scale]
    plain = all(q.scale == "m" and not q.currency for q in scaled)
    return plain and (bool(scaled) or bool(_METRES_HEADER.search(column.header)))


def _no_numbers(column: ColumnCells, found: Mapping[str, Sequence[Quantity | None]]) -> str:
    reads = [any(q[i] is not None for q in found.values()) for i in range(len(column.cells))]
    misses = [i for i, hit in enumerate(reads) if not hit]
    if not misses:
        point = next(i for i, q in enumerate(found["."]) if q is None)
        comma = next(i for i, q in enumerate(found[","]) if q is None)
        return (
            f"{column.named(comma)} has a decimal point and {column.named(point)} a decimal comma"
        )
    # "3 Doors Down" is a number with a unit only where the other cells have the same.
    bare = [any(_is_bare(q[i]) for q in found.values()) for i in range(len(reads))]
    if column.options.type == "number" or (few(misses, reads) and sum(bare) >= sum(reads)):
        return f"{column.named(misses[0])} is no number, the other cells are"
    return ""


def _is_bare(quantity: Quantity | None) -> bool:
    return quantity is not None and (not quantity.unit or quantity.unit.lower() in UNITS)
