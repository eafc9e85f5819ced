"""Columnar tables: typed properties of the columns, and sets of rows as bit masks."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sparse_rl.interpreters.errors import DataError
from sparse_rl.interpreters.text import normalise

Cell = str | int | float
ColumnType = Literal["text", "real"]
Relation = Literal["eq", "gt", "lt"]

_RELATIONS: dict[str, Callable[[float, float], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "lt": operator.lt,
}


@dataclass(frozen=True)
class Property:
    """A typed view of one column, as programs name it (`r.points-number`)."""

    column: int
    name: str


class StringProperty(Property):
    """The cells as text."""


class OrderedProperty(Property):
    """Cells with an order: numbers (and dates where a dataset has them)."""


class NumberProperty(OrderedProperty):
    """The cells as numbers."""


class Table:
    """An immutable table. Row i is bit i of a mask; row order is the table's.

    Args:
        name: the dataset's id of the table.
        header: column headers; duplicates are told apart by a suffix in property names.
        types: "text" or "real" per column. A real column offers numbers, a text column strings.
        rows: cells row by row; every row as long as the header. None, blank text and NaN are empty
            cells; integers beyond 64 bits become floats. In a real column, text that is no finite
            number has no value; `unread_numbers` counts such cells.

    Raises:
        DataError: a row or the types are not as long as the header, or a cell is no text or number.
    """

    def __init__(
        self,
        name: str,
        header: Sequence[str],
        types: Sequence[ColumnType],
        rows: Sequence[Sequence[Cell | None]],
    ) -> None:
        if len(types) != len(header):
            raise DataError(
                f"give one type per column: table {name} has {len(header)} headers and "
                f"{len(types)} types"
            )
        for index, row in enumerate(rows):
            if len(row) != len(header):
                raise DataError(
                    f"mend row {index + 1} of table {name}: it has {len(row)} cells and the "
                    f"header has {len(header)}"
                )
        self.name = name
        self.header = tuple(header)
        self.types = tuple(types)
        self.size = len(rows)
        self.unread_numbers = 0
        self.all_rows = (1 << len(rows)) - 1
        # A column of no rows must still exist, hence no plain zip(*rows).
        self.columns: tuple[tuple[Cell | None, ...], ...] = tuple(
            tuple(self._cell(row[column], index, column) for index, row in enumerate(rows))
            for column in range(len(header))
        )
        self.properties = self._properties()
        self._keys: dict[int, tuple[str, ...]] = {}
        self._masks: dict[tuple[object, ...], int] = {}

    def _cell(self, cell: object, row: int, column: int) -> Cell | None:
        if cell is None:
            return None
        where = f"column {self.header[column]!r} of table {self.name}"
        if isinstance(cell, bool) or not isinstance(cell, (str, int, float)):
            raise DataError(f"write a text or a number in row {row + 1}, {where}, not {cell!r}")
        if self.types[column] == "text":
            return str(cell).strip().lower() or None
        if isinstance(cell, str) and not cell.strip():
            return None
        try:
            number = float(cell.replace(",", "")) if isinstance(cell, str) else cell
            # Beyond 64 bits, integers could neither be stored in SQL nor summed safely.
            number = number if abs(number) < 1 << 63 else float(number)
        except (ValueError, OverflowError):
            number = math.inf
        if math.isfinite(number):
            return number
        self.unread_numbers += not math.isnan(number)
        return None

    def _properties(self) -> tuple[Property, ...]:
        kinds = {"text": (StringProperty, "string"), "real": (NumberProperty, "number")}
        used: set[str] = set()
        result = []
        for column, (header, type_) in enumerate(zip(self.header, self.types, strict=True)):
            kind, suffix = kinds[type_]
            slug = normalise(header).replace(" ", "_") or "column"
            name, copy = f"r.{slug}-{suffix}", 1
            while name in used:
                copy += 1
                name = f"r.{slug}_{copy}-{suffix}"
            used.add(name)
            result.append(kind(column, name))
        return tuple(result)

    def keys(self, column: int) -> tuple[str, ...]:
        """Normalised cells of a column between blanks, ready for whole-word search."""
        keys = self._keys.get(column)
        if keys is None:
            cells = self.columns[column]
            keys = tuple(f" {normalise(str(c))} " if c is not None else "" for c in cells)
            self._keys[column] = keys
        return keys

    def present(self, column: int) -> int:
        """Mask of the rows that have a value in the column."""
        return self._mask(
            ("present", column), lambda: [c is not None for c in self.columns[column]]
        )

    def containing(self, column: int, strings: tuple[str, ...]) -> int:
        """Mask of the rows whose normalised cell contains any of the normalised strings."""
        padded = [f" {string} " for string in strings]
        return self._mask(
            (column, strings),
            lambda: [any(string in key for string in padded) for key in self.keys(column)],
        )

    def compared(self, column: int, relation: Relation, value: float) -> int:
        """Mask of the rows whose number stands in the relation to `value`; empty cells never do."""
        holds = _RELATIONS[relation]
        return self._mask(
            (column, relation, value),
            lambda: [c is not None and holds(c, value) for c in self.columns[column]],  # type: ignore[arg-type]
        )

    def _mask(self, key: tuple[object, ...], rows: Callable[[], list[bool]]) -> int:
        mask = self._masks.get(key)
        if mask is None:
            mask = sum(1 << index for index, holds in enumerate(rows()) if holds)
            self._masks[key] = mask
        return mask

    def values(self, rows: int, column: int) -> tuple[Cell, ...]:
        """Values of a column over the rows of a mask, in row order; empty cells are left out."""
        cells = self.columns[column]
        found = []
        while rows:
            low = rows & -rows
            cell = cells[low.bit_length() - 1]
            if cell is not None:
                found.append(cell)
            rows ^= low
        return tuple(found)
