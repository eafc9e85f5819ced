"""Columns read as columns: what a cell leaves open, all cells of its column decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import regex as re

from sparse_rl.annotation.readers.column_options import NO_OPTIONS, ColumnOptions
from sparse_rl.annotation.readers.dates import ORDERS, DateText, Order, read_date_text
from sparse_rl.annotation.readers.durations import read_duration
from sparse_rl.annotation.readers.identifiers import identifier_kind
from sparse_rl.annotation.readers.numbers import Number, Quantity, read_quantity
from sparse_rl.annotation.readers.units import SCALES, UNITS
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.dates import Date

Type = Literal["text", "identifier", "number", "date", "duration"]
TypedCell = Number | Date

MISSING = frozenset(
    (
        *("", "not available", "(blank)", "(null)", "\\n"),
        *str.split("- -- --- – — − ? ?? . .. ... … n/a na n.a. n.a nan nat <na> none null nil"),
        *str.split(
            "#n/a #na #value! #div/0! #ref! #name? #num! #null! k.a. missing unknown tba tbd"
        ),
    )
)
"""Markers of a missing value in columns of numbers, dates and durations, in lower case."""

# One cell of five, or a single one, may contradict the others before a column is plain text.
_FEW = 0.2
# So many cells show whether a column may have numbers or dates at all.
_SAMPLE = 100
_YEAR = re.compile(r"1\d{3}|20\d\d|2100")
_DATE_HEADER = re.compile(r"date|day|datum|fecha|data\b|jour", re.IGNORECASE)
_SCALE_HEADER = re.compile(
    r"\b(?:thousands?|lakhs?|millions?|mio|crores?|billions?|mrd|trillions?)\b|"
    r"[($€£](?:mn|bn|k|m|b)\b|\b000s?\b",
    re.IGNORECASE,
)
_METRES_HEADER = re.compile(r"\(m\)|\[m\]|, m$|\bmet(?:er|re)s?\b", re.IGNORECASE)


@dataclass(frozen=True)
class ColumnReading:
    """How the cells of a column are read.

    Attributes:
        header: header of the column.
        type: type of its cells.
        decimal: decimal mark of its numbers.
        order: order of day and month in its dates.
        metres: whether a glued `m` is a metre.
        minutes_first: whether `3:25` is minutes and seconds.
        years: whether its numbers are years.
        scaled: whether some of its numbers have a scale.
        header_scale: power of ten that its header names, as "in millions"; 1 if none.
        codes: whether what looks like codes are numbers, as the user says.
        unit: common unit of its cells, or "".
        missing: markers of a missing value, in lower case.
        open: whether its cells allow another reading, so that the table's other columns decide.
        decided: what its cells decide for the rest of the table: the decimal mark, the order.
        notes: choices that a reader of the table could take otherwise.
        warnings: cells that contradict the reading, and the like.
    """

    header: str
    type: Type = "text"
    decimal: str = "."
    order: Order = "month first"
    metres: bool = False
    minutes_first: bool = False
    years: bool = False
    scaled: bool = False
    unit: str = ""
    header_scale: int = 1
    missing: frozenset[str] = frozenset({""})
    open: bool = False
    decided: frozenset[str] = frozenset()
    codes: bool = False
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def value(self, cell: str) -> TypedCell | None:
        """Reads a cell of a column of numbers, dates or durations; None if it has no value."""
        if self.type in ("text", "identifier") or cell.strip().lower() in self.missing:
            return None
        if self.type == "number":
            found = read_quantity(cell, self.decimal, self.metres, self.codes)
            return None if found is None else found.value
        if self.type == "duration":
            return read_duration(cell, self.minutes_first)
        date = read_date_text(cell, self.order)
        return None if date is None else date.date

    @property
    def line(self) -> str:
        """The reading in one line; "" if nothing had to be chosen."""
        if not self.notes:
            return ""
        return f"column {self.header!r} read as {self.type}: {', '.join(self.notes)}"


@dataclass
class _Column:
    """Cells of a column that have a value, with their rows."""

    header: str
    cells: list[str]
    rows: list[int]
    options: ColumnOptions
    markers: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, header: str, cells: Sequence[str], options: ColumnOptions) -> _Column:
        missing = _missing(options)
        column = cls(header, [], [], options)
        for row, cell in enumerate(cells, 1):
            text = cell.strip()
            if text.lower() not in missing:
                column.cells.append(text)
                column.rows.append(row)
            elif text and text not in column.markers:
                column.markers.append(text)
        return column

    def named(self, place: int) -> str:
        """Names a cell for people."""
        return f"{self.cells[place]!r} (row {self.rows[place]})"


def _missing(options: ColumnOptions) -> frozenset[str]:
    if options.missing is None:
        return MISSING
    return frozenset({"", *(marker.strip().lower() for marker in options.missing)})


def read_columns(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    options: Mapping[str, ColumnOptions] | None = None,
) -> tuple[ColumnReading, ...]:
    """Decides how every column is read.

    Cells that allow two readings everywhere follow the other columns of the table; else `1,234` is
    1234, `1.234` has decimals, and 01/02 is in January.

    Args:
        header: headers of the columns.
        rows: cells row by row.
        options: a user's choices by header.

    Raises:
        DataError: there is no column for an option, or a cell contradicts a user's choice.
    """
    options = options or {}
    unknown = [name for name in options if name not in header]
    if unknown:
        raise DataError(f"name a column of the table, not {unknown[0]!r}: it has {list(header)}")
    columns = [
        _Column.of(name.strip(), [row[place] for row in rows], options.get(name, NO_OPTIONS))
        for place, name in enumerate(header)
    ]
    first = [_read(column, _Defaults()) for column in columns]
    defaults = _Defaults.of(first)
    if defaults == _Defaults():
        return tuple(first)
    return tuple(
        _read(column, defaults) if reading.open else reading
        for column, reading in zip(columns, first, strict=True)
    )


@dataclass(frozen=True)
class _Defaults:
    """Readings of cells that decide nothing, after the other columns of the table."""

    decimal: str | None = None
    order: Order | None = None

    @classmethod
    def of(cls, readings: Iterable[ColumnReading]) -> _Defaults:
        decided = {choice for reading in readings for choice in reading.decided}
        decimals = decided & {".", ","}
        orders = [order for order in ORDERS if order in decided]
        decimal = decimals.pop() if len(decimals) == 1 else None
        order = orders[0] if len(orders) == 1 else None
        if order is None and not orders and decimal == ",":
            order = "day first"
        return cls(decimal, order)


def _read(column: _Column, defaults: _Defaults) -> ColumnReading:
    wanted = column.options.type
    if wanted is not None:
        return _wanted(column, wanted, defaults)
    if not column.cells:
        return ColumnReading(column.header)
    warnings: list[str] = []
    kind = identifier_kind(column.header, column.cells)
    if kind:
        return ColumnReading(column.header, "identifier", notes=(kind,))
    for attempt in (_dates, _numbers, _durations):
        found = attempt(column, defaults)
        if isinstance(found, ColumnReading):
            return found
        warnings += [found] if found else []
    return ColumnReading(column.header, warnings=tuple(warnings[:1]))


def _wanted(column: _Column, wanted: str, defaults: _Defaults) -> ColumnReading:
    """Reads a column as its user says.

    Raises:
        DataError: a cell contradicts it.
    """
    if wanted == "text":
        # As it is written: not even the numbers in it are read.
        return ColumnReading(column.header, "identifier")
    if not column.cells:
        return ColumnReading(column.header, wanted)  # type: ignore[arg-type]
    attempt: Callable[[_Column, _Defaults], ColumnReading | str]
    attempt = {"number": _numbers, "date": _dates, "duration": _durations}[wanted]
    found = attempt(column, defaults)
    if isinstance(found, str):
        told = found or f"{column.named(0)} is no {wanted}"
        raise DataError(f"fix the cell or the option of column {column.header!r}: {told}")
    return found


def _reading(column: _Column, type_: Type, notes: Sequence[str] = ()) -> ColumnReading:
    notes = list(notes)
    if column.markers:
        notes.append(f"missing: {', '.join(column.markers)}")
    return ColumnReading(column.header, type_, missing=_missing(column.options), notes=tuple(notes))


def _dates(column: _Column, defaults: _Defaults) -> ColumnReading | str:
    wanted = column.options.type == "date"
    cells = column.cells
    if not wanted and all(cell.isdigit() for cell in cells):
        # Years are numbers; eight digits may be a date, if all of them are.
        if not all(len(cell) == 8 for cell in cells):
            return ""
        if len(cells) < 3 and not _DATE_HEADER.search(column.header):
            return ""
    if not wanted and _hopeless(cells, lambda c: any(read_date_text(c, o) for o in ORDERS)):
        return ""
    found = {order: [read_date_text(cell, order) for cell in cells] for order in ORDERS}
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
    is_open = bool(ambiguous) and len(fitting) == 2
    return replace(_reading(column, "date", notes), order=order, decided=decided, open=is_open)


def _no_dates(
    column: _Column, found: Mapping[Order, Sequence[DateText | None]], wanted: bool
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
    if misses and (wanted or (_few(misses, either) and any(marked))):
        return f"{column.named(misses[0])} is no date, the other cells are"
    return ""


def _numbers(column: _Column, defaults: _Defaults) -> ColumnReading | str:
    options, cells = column.options, column.cells
    codes = options.type == "number"
    if not codes and _hopeless(
        cells, lambda cell: any(read_quantity(cell, mark) for mark in (".", ","))
    ):
        return ""
    metres = options.unit == "m" or _metres(column, codes)
    marks = (options.decimal,) if options.decimal else (".", ",")
    found = {mark: [read_quantity(c, mark, metres, codes) for c in cells] for mark in marks}
    fitting = [mark for mark in marks if None not in found[mark]]
    if not fitting:
        return _no_numbers(column, found)
    decimal, decided, notes, is_open = fitting[0], frozenset[str](), [], False
    if len(fitting) == 2:
        pairs = zip(found["."], found[","], strict=True)
        differing = [i for i, (one, other) in enumerate(pairs) if one != other]
        if differing:
            is_open = True
            decimal = defaults.decimal or _even_decimal(cells)
            name = "comma" if decimal == "," else "point"
            notes.append(f"decimal {name}: {_both(cells[differing[0]], decimal)}")
    elif not options.decimal:
        decided = frozenset({decimal})
        if decimal == ",":
            notes.append("decimal comma")
    quantities = [quantity for quantity in found[decimal] if quantity is not None]
    units = _distinct(q.unit for q in quantities)
    if len(units) > 1:
        return f"the cells have the units {_listed(units)}"
    more, warnings = _words(column, quantities, units, metres)
    years = all(map(_YEAR.fullmatch, cells))
    return replace(
        _reading(column, "number", [*notes, *more]),
        decimal=decimal,
        open=is_open,
        decided=decided,
        metres=metres,
        years=years,
        header_scale=_header_scale(column.header),
        scaled=any(quantity.scale or quantity.currency for quantity in quantities),
        unit=units[0] if units else "",
        codes=codes,
        warnings=tuple(warnings),
    )


def _header_scale(header: str) -> int:
    """Power of ten that a header names.

    >>> _header_scale("Sales (in millions)"), _header_scale("Sales, $000"), _header_scale("Sales")
    (1000000, 1000, 1)
    """
    match = _SCALE_HEADER.search(header)
    if match is None:
        return 1
    word = match.group().lower().strip("($€£ )")
    return SCALES.get(word.removesuffix("$"), 1000)


def _even_decimal(cells: Sequence[str]) -> str:
    """Decimal mark of cells that allow both: the one by which they are written evenly.

    Beside 950, no 12.500 has decimals: either all numbers have three of them, or none ends in 0.
    """
    bare = any(cell.isdigit() for cell in cells)
    point = any("." in cell and cell.endswith("0") for cell in cells)
    return "," if bare and point else "."


def _words(
    column: _Column, quantities: Sequence[Quantity], units: Sequence[str], metres: bool
) -> tuple[list[str], list[str]]:
    """Tells scale, unit and currency of a column; and what does not fit together."""
    notes, warnings = [], []
    scales = [i for i, q in enumerate(quantities) if q.scale]
    if scales:
        cell, value = column.cells[scales[0]], quantities[scales[0]].value
        notes.append(f"{cell} is {value}")
    if metres and any(cell.endswith("m") for cell in column.cells):
        notes.append("m is metres")
    currencies = sorted({q.currency for q in quantities} - {""})
    if len(currencies) > 1:
        first = {
            c: next(i for i, q in enumerate(quantities) if q.currency == c) for c in currencies
        }
        places = " and ".join(column.named(place) for place in first.values())
        warnings.append(f"amounts in {_listed(currencies)} are compared as they are: {places}")
    if units == ["%"]:
        bare = [i for i, q in enumerate(quantities) if not q.unit]
        if bare:
            warnings.append(f"{column.named(bare[0])} has no percent sign, others have")
    if any(c.startswith("(") for c in column.cells):
        notes.append("(1) is -1")
    return notes, warnings


def _both(cell: str, decimal: str) -> str:
    """Tells the two values of a cell."""
    values = [read_quantity(cell, mark) for mark in (decimal, "," if decimal == "." else ".")]
    one, other = (v.value if v else "text" for v in values)
    return f"{cell} is {one}, could be {other}"


def _metres(column: _Column, codes: bool) -> bool:
    """Whether a glued `m` is a metre: the header says so, or no cell has money or another scale."""
    read = [
        read_quantity(cell, ".", False, codes) or read_quantity(cell, ",", False, codes)
        for cell in column.cells
    ]
    scaled = [quantity for quantity in read if quantity is not None and quantity.scale]
    plain = all(q.scale == "m" and not q.currency for q in scaled)
    return plain and (bool(scaled) or bool(_METRES_HEADER.search(column.header)))


def _no_numbers(column: _Column, found: Mapping[str, Sequence[Quantity | None]]) -> str:
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
    if column.options.type == "number" or (_few(misses, reads) and sum(bare) >= sum(reads)):
        return f"{column.named(misses[0])} is no number, the other cells are"
    return ""


def _is_bare(quantity: Quantity | None) -> bool:
    return quantity is not None and (not quantity.unit or quantity.unit.lower() in UNITS)


def _hopeless(cells: Sequence[str], reads: Callable[[str], bool]) -> bool:
    """Whether fewer than half of the first cells of a long column can be read."""
    sample = cells[:_SAMPLE]
    return len(cells) > _SAMPLE and 2 * sum(map(reads, sample)) < len(sample)


def _few(misses: Sequence[int], all_: Sequence[object]) -> bool:
    hits = len(all_) - len(misses)
    return hits >= 2 and len(misses) <= max(1, _FEW * len(all_))


def _durations(column: _Column, defaults: _Defaults) -> ColumnReading | str:
    wanted = column.options.type == "duration"
    if not wanted and _hopeless(column.cells, lambda c: read_duration(c) is not None):
        return ""
    pairs = [re.fullmatch(r"(\d+):\d\d", cell) for cell in column.cells]
    three = any(re.fullmatch(r"\d+:\d\d:\d\d(?:\.\d+)?", cell) for cell in column.cells)
    minutes = any(pair and int(pair[1]) >= 24 for pair in pairs) or (any(pairs) and three)
    values = [read_duration(cell, minutes) for cell in column.cells]
    if None in values:
        misses = [i for i, value in enumerate(values) if value is None]
        if wanted or _few(misses, values):
            return f"{column.named(misses[0])} is no duration, the other cells are"
        return ""
    notes = ["in seconds"]
    if any(pairs):
        notes = [f"in seconds, {'minutes' if minutes else 'hours'} first"]
    return replace(_reading(column, "duration", notes), minutes_first=minutes, unit="s")


def _distinct(units: Iterable[str]) -> list[str]:
    """Units that differ by more than letter case and a plural."""
    found: dict[str, str] = {}
    for unit in units:
        key = unit.strip(".")
        # mW and MW differ, Goals and goal do not.
        key = key.lower().removesuffix("s") if len(key) > 3 else key
        if key:
            found.setdefault(key, unit)
    return list(found.values())


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"
