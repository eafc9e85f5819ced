"""Columns of dates: whether the day or the month comes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import regex as re

from sparse_rl.annotation.readers.columns.cells import ColumnCells, few, hopeless, typed
from sparse_rl.annotation.readers.columns.reading import ColumnReading, Defaults
from sparse_rl.annotation.readers.dates import (
    ORDERS,
    DateText,
    Order,
    read_date_text,
    serial_date,
)
from sparse_rl.interpreters.tables.text import each_distinct

_DATE_HEADER = re.compile(r"date|day|datum|fecha|data\b|jour", re.IGNORECASE)

_SERIAL_HEADER = re.compile(
    r"(?<![a-z])(?:date|datum|fecha|dato)(?![a-z])|(?-i:[a-z]Date\b)", re.IGNORECASE
)
_SAMPLE = 100
_SEASON = re.compile(r"(?P<first>\d{4})-(?P<second>\d\d)")


def date_column(column: ColumnCells, defaults: Defaults) -> ColumnReading | str:
    """Reads a column of dates; else tells what contradicts it, "" if hardly a cell fits."""
    wanted = column.options.type == "date"
    cells = column.cells
    may_be_serial = wanted or bool(_SERIAL_HEADER.search(column.header))
    serials = [cell for cell in cells if serial_date(cell)] if may_be_serial else []
    serial = bool(serials)
    if not wanted and not serial and all(cell.isdigit() for cell in cells):
        # Years are numbers; eight digits may be a date, if all of them are.
        if not all(len(cell) == 8 for cell in cells):
            return ""
        if len(cells) < 3 and not _DATE_HEADER.search(column.header):
            return ""
    if not wanted and (_are_seasons(cells) or hopeless(cells, lambda c: any(_read(c, serial)))):
        return ""
    read = each_distinct(lambda cell: _read(cell, serial), cells)
    found = {order: [pair[place] for pair in read] for place, order in enumerate(ORDERS)}
    orders = [column.options.order] if column.options.order else list(ORDERS)
    fitting = [order for order in orders if None not in found[order]]
    if not fitting:
        return _no_dates(column, found, wanted)
    order, decided, notes = fitting[0], frozenset[str](), []
    ambiguous = [i for i, date in enumerate(found[order]) if date is not None and date.open]
    if ambiguous and len(fitting) == 2:
        point = "." in cells[ambiguous[0]]
        order = defaults.order or ("day first" if point else "month first")
        other = ORDERS[1 - ORDERS.index(order)]
        notes.append(f"{order}: {cells[ambiguous[0]]} could be {other}")
    elif len(fitting) == 1 and any(
        date != other for date, other in zip(*found.values(), strict=True)
    ):
        decided = frozenset({order})
        notes.append(order)
    dates = [date for date in found[order] if date is not None]
    if any(date.short for date in dates):
        notes.append("years of two digits from 1969 to 2068")
    times = {date.time for date in dates} - {"", "0:00", "00:00", "00:00:00"}
    if times:
        notes.append("times of day are left out of comparisons")
    for cell in serials[:1]:
        days = serial_date(cell)
        notes.append(f"{cell} is {days and days.date}, as spreadsheets count days")
    if any(date.week for date in dates):
        notes.append("a week is its Monday")
    is_open = bool(ambiguous) and len(fitting) == 2
    return replace(
        typed(column, "date", notes), order=order, decided=decided, open=is_open, serial=serial
    )


def _read(cell: str, serial: bool) -> tuple[DateText | None, DateText | None]:
    """Reads a cell in both orders."""
    days = serial_date(cell) if serial else None
    month, day = (days or read_date_text(cell, order) for order in ORDERS)
    return month, day


def _are_seasons(cells: Sequence[str]) -> bool:
    """Whether cells such as 2009-10 and 2010-11 are two years each, and no months."""
    matches = map(_SEASON.fullmatch, cells)
    return len(set(cells[:_SAMPLE])) > 1 and all(
        match and (int(match["first"]) + 1) % 100 == int(match["second"]) for match in matches
    )


def _no_dates(
    column: ColumnCells, found: Mapping[Order, Sequence[DateText | None]], wanted: bool
) -> str:
    month, day = found["month first"], found["day first"]
    marked = [not cell.isdigit() for cell in column.cells]
    either = [bool(m or d) for m, d in zip(month, day, strict=True)]
    if all(either) and any(marked):
        only_day = month.index(None)
        only_month = day.index(None)
        return (
            f"{column.named(only_day)} has the day first and {column.named(only_month)} the month"
        )
    misses = [i for i, hit in enumerate(either) if not hit]
    if misses and (wanted or (few(misses, either) and any(marked))):
        return f"{column.named(misses[0])} is no date, the other cells are"
    return ""
