"""Texts of a table's cells by their values, and values by their texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sparse_rl.annotation.readers.durations import write_duration
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.interpreters.tables.table import Cell, ColumnType, Scalar, Table

_SOUGHT = 20
"""Values that are sought in a column cell by cell, before all its cells are indexed."""


@dataclass(frozen=True)
class CellTexts:
    """Texts and values of the cells of a table; read once for each column.

    Attributes:
        text: table as text.
        table: table for programs.
        sources: for each column of `table`, its column of `text`.
        kinds: for each column of `table`, "real" or "date" if the cells of its column of `text` are
            numbers or dates; None for text.
        durations: columns of `table` that are seconds of durations; with whether minutes come
            first in their cells.
    """

    text: TextTable
    table: Table
    sources: Sequence[int]
    kinds: Sequence[ColumnType | None]
    durations: Mapping[int, bool] = field(default_factory=dict)
    _sought: Counter[int] = field(default_factory=Counter)
    _texts: dict[int, dict[Cell, str]] = field(default_factory=dict)
    _values: dict[int, dict[Cell, Cell]] = field(default_factory=dict)

    def spelled(self, values: Iterable[Cell], column: int | None) -> tuple[Scalar, ...]:
        """Writes values as the table does: in their first cells of the column.

        Args:
            values: texts, numbers or dates.
            column: their column of `table`, or that of which they are computed; None without one.
        """
        minutes_first = None if column is None else self.durations.get(column)
        if minutes_first is not None:
            seconds = (value for value in values if isinstance(value, (int, float)))
            return tuple(write_duration(value, minutes_first) for value in seconds)
        texts = [place for place, type_ in enumerate(self.table.types) if type_ == "text"]
        places = texts if column is None else [column, *texts]

        def spell(value: Cell) -> str:
            found = (self.written(value, place) for place in places)
            return next((text for text in found if text), str(value))

        return tuple(value if isinstance(value, (int, float)) else spell(value) for value in values)

    def written(self, value: Cell, column: int) -> str | None:
        """Text of a value's first cell in a column; None if no cell has it."""
        self._sought[column] += 1
        if column in self._texts or self._sought[column] > _SOUGHT:
            return self._texts_of(column).get(value)
        cells = self.table.columns[column]
        row = cells.index(value) if value in cells else None
        return None if row is None else self.text.rows[row][self.sources[column]].strip()

    def as_values(self, values: Iterable[Cell], column: int | None) -> frozenset[Cell]:
        """Values as a set, with a cell's text as its number or date, if its column is of these.

        Args:
            values: texts, numbers or dates.
            column: their column of `table`; None if they are computed.
        """
        known = {} if column is None else self._values_of(column)
        return frozenset(_rounded(known.get(value, value)) for value in frozenset(values))

    def _texts_of(self, column: int) -> dict[Cell, str]:
        """Text of every value's first cell in a column."""
        texts = self._texts.get(column)
        if texts is None:
            texts = self._texts[column] = {}
            source = self.sources[column]
            for cell, row in zip(self.table.columns[column], self.text.rows, strict=True):
                if cell is not None and cell not in texts:
                    texts[cell] = row[source].strip()
        return texts

    def _values_of(self, column: int) -> dict[Cell, Cell]:
        """Numbers or dates by the text of their cells; empty for columns of text."""
        values = self._values.get(column)
        if values is None:
            values = self._values[column] = {}
            for place, type_ in enumerate(self.table.types):
                same = self.sources[place] == self.sources[column] and place != column
                if same and type_ == self.kinds[column]:
                    pairs = zip(self.table.columns[column], self.table.columns[place], strict=True)
                    values |= {text: value for text, value in pairs if value is not None}
        return values


def _rounded(value: Cell) -> Cell:
    """A number without the digits of binary rounding; other values as they are."""
    return float(f"{value:.12g}") if isinstance(value, (int, float)) else value
