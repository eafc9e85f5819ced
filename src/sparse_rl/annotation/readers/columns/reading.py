"""How a column is read, and what it decides for the other columns of its table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sparse_rl.annotation.readers.dates import ORDERS, Order, read_date_text, serial_date
from sparse_rl.annotation.readers.durations import read_duration
from sparse_rl.annotation.readers.numbers import Number, read_quantity
from sparse_rl.interpreters.tables.dates import Date

Type = Literal["text", "identifier", "number", "date", "duration"]
TypedCell = Number | Date


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
        serial: whether its dates may be numbers of days, as spreadsheets count them.
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
    serial: bool = False
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
        date = read_date_text(cell, self.order) or (serial_date(cell) if self.serial else None)
        return None if date is None else date.date

    @property
    def line(self) -> str:
        """The reading in one line; "" if nothing had to be chosen."""
        if not self.notes:
            return ""
        return f"column {self.header!r} read as {self.type}: {', '.join(self.notes)}"


@dataclass(frozen=True)
class Defaults:
    """Readings of cells that decide nothing, after the other columns of the table."""

    decimal: str | None = None
    order: Order | None = None

    @classmethod
    def of(cls, readings: Iterable[ColumnReading]) -> Defaults:
        decided = {choice for reading in readings for choice in reading.decided}
        decimals = decided & {".", ","}
        orders = [order for order in ORDERS if order in decided]
        decimal = decimals.pop() if len(decimals) == 1 else None
        order = orders[0] if len(orders) == 1 else None
        if order is None and not orders and decimal == ",":
            order = "day first"
        return cls(decimal, order)
