"""Columnar tables, with typed views of columns, and sets of rows as bit masks."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import compress, repeat
from typing import Any, Literal

from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.annotated import AnnotatedCell, CellViews, cell_views
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.text import each_distinct, normalise
from sparse_rl.interpreters.tables.wording import WORDS, CellNames, Wording

Scalar = str | int | float
Cell = Scalar | Date
ColumnType = Literal["text", "real", "date"]
Relation = Literal["eq", "gt", "ge", "lt", "le"]

_RELATIONS: dict[str, Callable[[float, float], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
# Programs name columns by action ids, and explored sets write an id as a character: there are
# 1,114,112 of these.
MAX_VIEWS = 1_000_000
_SMALL = 200
"""Rows up to which a mask for every value of a column is worth its memory."""
_BITS = bytes.maketrans(b"01", b"\0\1")
_DIGITS = bytes.maketrans(b"\0\1", b"01")
# Text in a real column: commas must separate thousands, so that 3,5 is not 35.
_NUMBER = re.compile(
    r"[-+]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII
)


@dataclass(frozen=True)
class Property:
    """Typed view of a column, named in programs (`r.points-number`).

    Attributes:
        column: index of the view among the table's columns.
        name: name in programs.
    """

    column: int
    name: str


class StringProperty(Property):
    """Cells as text."""


class OrderedProperty(Property):
    """Cells with an order: numbers or dates."""


class NumberProperty(OrderedProperty):
    """Cells as numbers."""


class DateProperty(OrderedProperty):
    """Cells as dates."""


_KINDS: dict[ColumnType, tuple[type[Property], str]] = {
    "text": (StringProperty, "string"),
    "real": (NumberProperty, "number"),
    "date": (DateProperty, "date"),
}


class Table:
    """Immutable table. Row i is bit i of a mask; row order is the table's.

    A column of the table is a typed view: a column of an annotated file may have several, which
    follow each other and have the same header.

    Args:
        name: the dataset's id of the table.
        header: column headers; a suffix distinguishes duplicates in property names.
        types: "text" or "real" per column. A real column has numbers, a text column strings.
        rows: cells row by row; every row as long as the header. None, blank text and NaN are empty
            cells; integers beyond 64 bits become floats. In a real column, text that is not a
            finite number, with commas between thousands only, has no value: see `unread`.

    Attributes:
        wording: how texts name cells; `WORDS` unless it is a user's own table.
        unread_numbers: number of cells of real columns that are not numbers.
        unread: row and column of the first of them; not kept in caches.

    Raises:
        DataError: a row or the types are not as long as the header, a cell is neither text nor a
            number, or there are more than `MAX_VIEWS` columns.
    """

    # Text, numbers or dates, as `types` says; None is an empty cell.
    columns: tuple[tuple[Any, ...], ...]

    def __init__(
        self,
        name: str,
        header: Sequence[str],
        types: Sequence[ColumnType],
        rows: Sequence[Sequence[Scalar | None]],
    ) -> None:
        if len(types) != len(header):
            raise DataError(
                f"give one type per column: table {name} has {len(header)} headers and "
                f"{len(types)} types"
            )
        _check_rows(name, header, rows)
        self._lay_out(name, header, types, _names(header, types), len(rows))
        # A column without rows must still exist, hence no plain zip(*rows).
        self.columns = tuple(
            tuple(self._cell(row[column], index, column) for index, row in enumerate(rows))
            for column in range(len(header))
        )

    @classmethod
    def annotated(
        cls, name: str, header: Sequence[str], cells: Sequence[Sequence[AnnotatedCell]]
    ) -> Table:
        """Makes a table of annotated cells: a column has the views that enough of its cells have.

        Text keeps its letter case. The property of a second number is named `r.score-num2`.

        Args:
            name: the dataset's id of the table.
            header: column headers; a suffix distinguishes duplicates in property names.
            cells: cells row by row; every row as long as the header.

        Raises:
            DataError: a row is not as long as the header.
        """
        _check_rows(name, header, cells)
        found = [cell_views([row[column] for row in cells]) for column in range(len(header))]
        return cls.of_columns(name, header, found, len(cells))

    @classmethod
    def of_columns(
        cls,
        name: str,
        header: Sequence[str],
        found: Sequence[CellViews],
        size: int,
        wording: Wording = WORDS,
    ) -> Table:
        """Makes a table of columns with their views."""
        views: list[tuple[int, str, ColumnType, tuple[Cell | None, ...]]] = []
        for source, view in enumerate(found):
            views.append((source, "string", "text", view.text))
            if view.number is not None:
                views.append((source, "number", "real", view.number))
            if view.num2 is not None:
                views.append((source, "num2", "real", view.num2))
            if view.date is not None:
                views.append((source, "date", "date", view.date))
        slugs = _distinct([(_slug(h), ("string", "number", "num2", "date")) for h in header])
        headers, types, names, columns = [], [], [], []
        for source, suffix, type_, column in views:
            headers.append(header[source])
            types.append(type_)
            names.append(f"r.{slugs[source]}-{suffix}")
            columns.append(column)
        return cls.of_views(name, headers, types, names, columns, size, wording)

    @classmethod
    def of_typed(
        cls,
        name: str,
        header: Sequence[str],
        types: Sequence[ColumnType],
        columns: Sequence[Sequence[Cell | None]],
        size: int,
        wording: Wording = WORDS,
    ) -> Table:
        """Makes a table of columns with one view each, whose cells are used as they are."""
        return cls.of_views(name, header, types, _names(header, types), columns, size, wording)

    @classmethod
    def of_views(
        cls,
        name: str,
        header: Sequence[str],
        types: Sequence[ColumnType],
        properties: Sequence[str],
        columns: Sequence[Sequence[Cell | None]],
        size: int,
        wording: Wording = WORDS,
    ) -> Table:
        """Makes a table of finished views: header, type, property name and cells of each."""
        table = cls.__new__(cls)
        table._lay_out(name, header, types, properties, size, wording)
        table.columns = tuple(map(tuple, columns))
        return table

    def _lay_out(
        self,
        name: str,
        header: Sequence[str],
        types: Sequence[ColumnType],
        properties: Sequence[str],
        size: int,
        wording: Wording = WORDS,
    ) -> None:
        if len(properties) > MAX_VIEWS:
            raise DataError(
                f"give a table of at most {MAX_VIEWS:,} columns, each kind of value of a column "
                f"counted: table {name} has {len(properties):,}"
            )
        self.name = name
        self.wording = wording
        self.header = tuple(header)
        self.types = tuple(types)
        self.properties = tuple(
            _KINDS[type_][0](column, property_)
            for column, (type_, property_) in enumerate(zip(types, properties, strict=True))
        )
        self.size = size
        self.unread_numbers = 0
        self.unread: tuple[int, int] | None = None
        self.all_rows = (1 << size) - 1
        self._keys: dict[int, tuple[str, ...]] = {}
        self._names: dict[int, CellNames] = {}
        self._present: dict[int, int] = {}
        self._masks: dict[tuple[object, ...], int] = {}
        self._rankings: dict[int, tuple[int, ...]] = {}

    def _cell(self, cell: object, row: int, column: int) -> Scalar | None:
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
            number = _number(cell) if isinstance(cell, str) else cell
            # Integers beyond 64 bits cannot be stored in SQL or summed safely.
            number = number if abs(number) < 1 << 63 else float(number)
        except (ValueError, OverflowError):
            number = math.inf
        if math.isfinite(number):
            return number
        if not math.isnan(number):
            self.unread_numbers += 1
            self.unread = self.unread or (row, column)
        return None

    def keys(self, column: int) -> tuple[str, ...]:
        """Normalised cells of a column between blanks, for whole-word search."""
        keys = self._keys.get(column)
        if keys is None:
            words = self.wording.normalise
            texts = ["" if cell is None else str(cell) for cell in self.columns[column]]
            keys = tuple(each_distinct(lambda text: text and f" {words(text)} ", texts))
            self._keys[column] = keys
        return keys

    def names(self, column: int) -> CellNames:
        """Names of the cells of a column, for a wording in which a whole cell wins."""
        names = self._names.get(column)
        if names is None:
            names = self._names[column] = CellNames(self.columns[column])
        return names

    def present(self, column: int) -> int:
        """Mask of the rows that have a value in the column."""
        mask = self._present.get(column)
        if mask is None:
            mask = self._present[column] = _mask_of(c is not None for c in self.columns[column])
        return mask

    def containing(self, column: int, strings: tuple[str, ...]) -> int:
        """Mask of the rows that any of the strings names.

        By the benchmarks' wording their normalised cells contain it. By that of own tables they are
        the cell itself, or contain it if there is no such cell.
        """
        if self.wording.cell_first:
            key = (column, strings)
            mask = self._masks.get(key)
            if mask is None:
                mask = 0
                for string in strings:
                    mask |= self.names(column).named(string)
                self._masks[key] = mask
            return mask
        padded = [f" {string} " for string in strings]
        return self._mask(
            (column, strings),
            lambda: (any(string in key for string in padded) for key in self.keys(column)),
        )

    def compared(self, column: int, relation: Relation, value: float | Date) -> int:
        """Mask of the rows whose number or date has the relation to `value`.

        Empty cells never have it, nor a number to a date. Dates are compared by the fields that
        both have.
        """
        return self._mask((column, relation, value), lambda: self._holds(column, relation, value))

    def _holds(self, column: int, relation: Relation, value: float | Date) -> Iterable[bool]:
        cells: Sequence[Any] = self.columns[column]
        holds = _RELATIONS[relation]
        if isinstance(value, Date) != (self.types[column] == "date"):
            return ()
        if not isinstance(value, Date):
            return (cell is not None and holds(cell, value) for cell in cells)
        orders = (None if cell is None else cell.compare(value) for cell in cells)
        return (order is not None and holds(order, 0) for order in orders)

    def _mask(self, key: tuple[object, ...], rows: Callable[[], Iterable[bool]]) -> int:
        mask = self._masks.get(key)
        if mask is None:
            mask = self._masks[key] = _mask_of(rows())
        return mask

    def values(self, rows: int, column: int) -> tuple[Any, ...]:
        """Values of a column over the rows of a mask, in row order, without empty cells."""
        bits = bin(rows & self.present(column))[:1:-1].encode().translate(_BITS)
        return tuple(compress(self.columns[column], bits))

    def indices(self, rows: int) -> tuple[int, ...]:
        """Indices of the rows of a mask, from 0."""
        return tuple(compress(range(self.size), _bits_of(rows)))

    def equal(self, column: int, cell: Cell) -> int:
        """Mask of the rows with this value in the column."""
        key = (column, "equal", cell)
        mask = self._masks.get(key)
        if mask is None:
            equal = map(operator.eq, self.columns[column], repeat(cell))
            mask = self._masks[key] = _mask_of(equal)
        return mask

    def extreme(self, rows: int, column: int, greatest: bool) -> int:
        """Mask of those rows with the greatest or the least value of an ordered column."""
        if self.size <= _SMALL:
            ranking = self._ranking(column)
            best_first = reversed(ranking) if greatest else ranking
            return next((rows & mask for mask in best_first if rows & mask), 0)
        values = self.values(rows, column)
        if not values:
            return 0
        key = rank if self.types[column] == "date" else None
        best = max(values, key=key) if greatest else min(values, key=key)
        return rows & self.equal(column, best)

    def _ranking(self, column: int) -> tuple[int, ...]:
        """Masks of the rows of every value of an ordered column, the least value first."""
        ranking = self._rankings.get(column)
        if ranking is None:
            ranking = tuple(self.equal(column, cell) for cell in self.ranked(column))
            self._rankings[column] = ranking
        return ranking

    def ranked(self, column: int) -> list[Cell]:
        """Distinct values of an ordered column, the least first."""
        return sorted({cell for cell in self.columns[column] if cell is not None}, key=rank)


def _bits_of(rows: int) -> bytes:
    """A byte per row up to the last of a mask: to shift long masks row by row takes for ever."""
    return bin(rows)[:1:-1].encode().translate(_BITS)


def _mask_of(rows: Iterable[bool]) -> int:
    return int(bytes(rows).translate(_DIGITS)[::-1] or b"0", 2)


def rank(value: Any) -> Any:
    """Sort key of the values of an ordered column."""
    return value.sort_key if isinstance(value, Date) else value


def _number(text: str) -> float:
    """Reads text in a real column; infinity if it is not a number."""
    text = text.strip()
    if text.lower() == "nan":
        return math.nan
    return float(text.replace(",", "")) if _NUMBER.fullmatch(text) else math.inf


def _check_rows(name: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    for index, row in enumerate(rows):
        if len(row) != len(header):
            raise DataError(
                f"fix row {index + 1} of table {name}: it has {len(row)} cells and the "
                f"header has {len(header)}"
            )


def _names(header: Sequence[str], types: Sequence[ColumnType]) -> list[str]:
    """Names the properties of columns with one view each."""
    suffixes = [_KINDS[type_][1] for type_ in types]
    pairs = list(zip(header, suffixes, strict=True))
    slugs = _distinct([(_slug(name), (suffix,)) for name, suffix in pairs])
    return [f"r.{slug}-{suffix}" for slug, suffix in zip(slugs, suffixes, strict=True)]


def _slug(header: str) -> str:
    return normalise(header).replace(" ", "_") or "column"


def _distinct(wanted: Sequence[tuple[str, tuple[str, ...]]]) -> list[str]:
    """Makes slugs unique among columns that share a suffix."""
    used: set[tuple[str, str]] = set()
    slugs = []
    for base, suffixes in wanted:
        slug, copy = base, 1
        while any((slug, suffix) in used for suffix in suffixes):
            copy += 1
            slug = f"{base}_{copy}"
        used.update((slug, suffix) for suffix in suffixes)
        slugs.append(slug)
    return slugs
