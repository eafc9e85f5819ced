"""Columns and constants of a program as a table writes them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from sparse_rl.annotation.readers.columns import ColumnReading
from sparse_rl.annotation.time_words import MONTHS
from sparse_rl.asking.tables import VIEWS, OpenTable
from sparse_rl.interpreters.tables.constants import ConstantValue
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.table import Property, Table

CONNECTORS = frozenset(
    str.split(
        "above after among and as at before below between contain contains each every in is least "
        "most neither nor not of on or over row rows same that the to where with without written"
    )
)
"""Words that hold a sentence together: a name with one of them is in quotes."""
_QUANTITY = re.compile(r"(?P<before>[^\d(+\-−]*)(?P<digits>\d(?:[\d.,'’\s]*\d)?)(?P<after>\D*)")
_GROUPED = re.compile(r"\d([.,'’\s])\d{3}(?!\d)")
_SAMPLE = 200
"""Cells that show how a column writes its numbers."""


class ColumnWords(NamedTuple):
    """A view of a column in words.

    Attributes:
        noun: follows "the", as in "the Amount".
        subject: begins a condition, as in "Amount is above 5".
        view: "text", "real" or "date".
        written: whether its text stands for the numbers or dates of the column.
    """

    noun: str
    subject: str
    view: str
    written: bool


class TableWords:
    """Words for the columns of a table and for the constants of a question.

    Different columns, views of a column and constants have different words.

    Args:
        opened: the table.
        words: constants as the question writes them.
    """

    def __init__(self, opened: OpenTable, words: Mapping[ConstantValue, str]) -> None:
        self._opened = opened
        self._table: Table = opened.table
        self._words = words

    def column(self, property_: Property, ordered: bool) -> ColumnWords:
        """Words for a view of a column.

        Args:
            property_: the view.
            ordered: whether it is used for its order, as in a superlative.
        """
        source = self._opened.sources[property_.column]
        header, main = self._headers[source], self._main(source)
        places = [place for place, s in enumerate(self._opened.sources) if s == source]
        views = [self._table.types[place] for place in places]
        view = self._table.types[property_.column]
        kind = "date" if view == "date" else "number"
        usual = view == main if ordered or main == "text" else view == "text"
        if view == "real" and property_.column != places[views.index("real")]:
            return ColumnWords(
                f"second number in {header}", f"the second number in {header}", view, False
            )
        if len(views) == 1 or usual or view == "text":
            return ColumnWords(header, header, view, view == "text" and main != "text")
        if main == "text":
            return ColumnWords(f"{kind} in {header}", f"the {kind} in {header}", view, False)
        return ColumnWords(f"{header} as a {kind}", f"{header} as a {kind}", view, False)

    def strings(self, values: tuple[str, ...], property_: Property) -> tuple[list[str], bool]:
        """Words for the strings of a filter, and whether each is a whole cell."""
        names = self._table.names(property_.column)
        found, whole = [], True
        for value in values:
            cells = names.spellings.get(self._table.wording.normalise(value), [])
            whole &= bool(cells)
            spelled = cells[0] if len(cells) == 1 else None
            found.append(quoted(self._written(spelled, property_) or self._said((value,), value)))
        return found, whole

    def _written(self, cell: str | None, property_: Property) -> str | None:
        return None if cell is None else self._opened.cells.written(cell, property_.column) or cell

    def ordered(self, value: float | Date, property_: Property) -> str:
        """Words for a number or a date that is compared with a view of a column."""
        if isinstance(value, Date):
            return quoted(self._opened.cells.written(value, property_.column) or date_words(value))
        return quoted(self._number(value, property_))

    def _number(self, value: float, property_: Property) -> str:
        reading = self._reading(property_)
        if reading is None or reading.type not in ("number", "duration"):
            return number_words(value)
        cell = self._opened.cells.written(value, property_.column)
        if cell is not None and reading.value(cell) == value:
            return cell
        if reading.type == "duration":
            return self._said(value, number_words(value))
        forms = self._in_style(value, property_, reading)
        return next((form for form in forms if reading.value(form) == value), number_words(value))

    def _in_style(self, value: float, property_: Property, reading: ColumnReading) -> Iterator[str]:
        """A number between the marks of the column's cells, grouped as they are."""
        source = self._opened.sources[property_.column]
        cells = [row[source].strip() for row in self._opened.text.rows[:_SAMPLE]]
        like = next((match for cell in cells if (match := _QUANTITY.fullmatch(cell))), None)
        if like is None:
            return
        groups = [match[1] for cell in cells if (match := _GROUPED.search(cell))]
        digits = number_words(abs(value), groups[0] if groups else "", reading.decimal)
        yield f"{'-' * (value < 0)}{like['before']}{digits}{like['after']}"

    def _said(self, value: ConstantValue, text: str) -> str:
        return self._words.get(value) or text

    def _reading(self, property_: Property) -> ColumnReading | None:
        read = self._opened.read
        return None if read is None else read.columns[self._opened.sources[property_.column]]

    @cached_property
    def _headers(self) -> list[str]:
        """Headers, of which equal ones have their place."""
        names = [" ".join(name.split()) for name in self._opened.text.header]
        counts = Counter(names)
        return [
            quoted(name) if name and counts[name] == 1 else f"{quoted(name)} (column {place})"
            for place, name in enumerate(names, 1)
        ]

    def _main(self, source: int) -> str:
        """The view that a column's header stands for where its order counts."""
        read = self._opened.read
        if read is not None:
            return VIEWS.get(read.columns[source].type, "text")
        places = [place for place, s in enumerate(self._opened.sources) if s == source]
        text, *others = (self._table.present(place) for place in places)
        whole = len(others) == 1 and others[0] == text
        return self._table.types[places[-1]] if whole or not others else "text"


def quoted(text: str) -> str:
    """A name, in quotes if a reader could not tell where it ends.

    >>> quoted("Lima"), quoted("Rock and Roll"), quoted('6" pipe')
    ('Lima', '"Rock and Roll"', '"6"" pipe"')
    """
    text = " ".join(text.split())
    plain = text and '"' not in text and not re.search(r"\(column \d+\)", text)
    if plain and CONNECTORS.isdisjoint(re.findall(r"\w+", text.lower())):
        return text
    return '"{}"'.format(text.replace('"', '""'))


def number_words(value: float, group: str | None = None, decimal: str = ".") -> str:
    """A number in digits, by default with commas from 10,000 on, as years have none.

    >>> number_words(2020.0), number_words(1234567.5), number_words(1234.5, ".", ",")
    ('2020', '1,234,567.5', '1.234,5')
    """
    if group is None:
        group = "," if abs(value) >= 10_000 else ""
    if float(value).is_integer() and abs(value) < 1e16:
        value = int(value)
    digits = f"{value:,}" if isinstance(value, int) or 1e-4 <= abs(value) < 1e16 else repr(value)
    return digits.translate({ord(","): group, ord("."): decimal})


def date_words(date: Date) -> str:
    """A date as people write it.

    >>> date_words(Date(2023, 9, 15)), date_words(Date(None, 9)), date_words(Date(2023))
    ('15 September 2023', 'September', '2023')
    """
    year, month, day = date.fields
    parts = (day, month and MONTHS[month - 1].capitalize(), year)
    text = " ".join(str(part) for part in parts if part is not None)
    if month is None and day is not None:
        return f"day {day}" if year is None else f"day {day} {year}"
    return text
