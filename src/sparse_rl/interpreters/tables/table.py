"""Columnar tables, with typed views of columns, and sets of rows as bit masks."""

from __future__ import annotations

import math
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import compress, repeat
from operator import or_
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.annotated import AnnotatedCell, CellViews, cell_views
from sparse_rl.interpreters.tables.cell_search import WordColumn
from sparse_rl.interpreters.tables.column_index import ColumnIndex, DateFields, rank
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.no_value import MARKERS, NO_VALUE
from sparse_rl.interpreters.tables.row_sets import (
    bits_of,
    each_row,
    is_one,
    mask_of,
    row_array,
)
from sparse_rl.interpreters.tables.text import each_distinct, normalise
from sparse_rl.interpreters.tables.wording import WORDS, CellNames, Wording

Scalar = str | int | float
Cell = Scalar | Date
ColumnType = Literal["text", "real", "date"]
Relation = Literal["eq", "gt", "ge", "lt", "le"]

_RELATIONS: dict[Relation, Callable[[float, float], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
# Which of the less, equal and greater values have a relation.
_PARTS: dict[Relation, tuple[bool, bool, bool]] = {
    "eq": (False, True, False),
    "gt": (False, False, True),
    "ge": (False, True, True),
    "lt": (True, False, False),
    "le": (True, True, False),
}
# Programs name columns by action ids, and explored sets write an id as a character: there are
# 1,114,112 of these.
MAX_VIEWS = 1_000_000
SMALL = 200
"""Rows up to which Python's loops are faster than arrays, and masks of all values are small."""
_MASK_BITS = 1 << 28
"""Bits of masks that a table keeps: 32 MiB."""
Kept = TypeVar("Kept")
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
        is_large: whether work on many rows is put off until needed, and done on arrays.
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
        self.is_large = size > SMALL
        self.unread_numbers = 0
        self.unread: tuple[int, int] | None = None
        self.all_rows = (1 << size) - 1
        self._keys: dict[int, tuple[str, ...]] = {}
        self._words: dict[int, WordColumn] = {}
        self._names: dict[int, CellNames] = {}
        self._present: dict[int, int] = {}
        self._repeated: dict[int, int] = {}
        self._masks: dict[tuple[object, ...], Any] = {}
        self._rankings: dict[int, tuple[int, ...]] = {}
        self._indexes: dict[int, ColumnIndex] = {}
        self._date_fields: dict[int, DateFields] = {}
        self._floats: dict[int, npt.NDArray[np.float64] | None] = {}

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
        """Normalised cells of a column between blanks, by row."""
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
            known = map(operator.is_not, self.columns[column], repeat(None))
            mask = self._present[column] = mask_of(known)
        return mask

    def missing(self, column: int) -> int:
        """Mask of the rows without a value in the column.

        The text of a number or a date is missing too where it is a marker such as "n/a", which has
        no number or date.
        """
        empty = self.all_rows & ~self.present(column)
        # A column's text comes first, and its numbers and dates follow.
        if self.types[column] != "text" or not self._is_typed_view(column, column + 1):
            return empty
        marked = self.present(column) & ~self.present(column + 1)
        texts = set(self.columns[column]) - {None} if marked else ()
        for text in texts:
            if text.lower() in MARKERS:
                empty |= self.equal(column, text) & marked
        return empty

    def _is_typed_view(self, column: int, other: int) -> bool:
        """Whether a column holds the numbers or dates of a column of text."""
        if other == len(self.types) or self.types[other] == "text":
            return False
        one, two = self.properties[column].name, self.properties[other].name
        return one.rpartition("-")[0] == two.rpartition("-")[0]

    def repeated(self, column: int) -> int:
        """Mask of the rows with a value that another row has too."""
        mask = self._repeated.get(column)
        if mask is None:
            mask = self._repeated[column] = self._find_repeated(column)
        return mask

    def _find_repeated(self, column: int) -> int:
        if self.is_large:
            return self._index(column).repeated()
        counts = Counter(self.columns[column])
        return mask_of(cell is not None and counts[cell] > 1 for cell in self.columns[column])

    def containing(self, column: int, strings: tuple[str, ...]) -> int:
        """Mask of the rows that any of the strings names.

        By the benchmarks' wording their normalised cells contain it. By that of own tables they are
        the cell itself, or contain it if there is no such cell. `NO_VALUE` names the cells without
        a value.
        """
        return self._kept((column, strings), lambda: self._find(column, strings))

    def _find(self, column: int, strings: tuple[str, ...]) -> int:
        if strings == NO_VALUE:
            return self.missing(column)
        if self.wording.cell_first:
            names = self.names(column)
            return reduce(or_, map(names.named, strings), 0)
        if not self.is_large:
            padded = [f" {string} " for string in strings]
            return mask_of(any(string in key for string in padded) for key in self.keys(column))
        words = self._words.get(column)
        if words is None:
            words = self._words[column] = WordColumn(self.keys(column))
        return words.containing(strings)

    def compared(self, column: int, relation: Relation, value: float | Date) -> int:
        """Mask of the rows whose number or date has the relation to `value`.

        Empty cells never have it, nor a number to a date. Dates are compared by the fields that
        both have.
        """
        wanted = "date" if isinstance(value, Date) else "real"
        if self.types[column] != wanted:
            return 0
        if not self.is_large:
            key = (column, relation, value)
            return self._kept(key, lambda: self._holds(column, relation, value))
        parts = self._kept((column, value), lambda: self._order(column, value))
        mask = 0
        for part, taken in zip(parts, _PARTS[relation], strict=True):
            if taken:
                mask |= part
        return mask

    def _holds(self, column: int, relation: Relation, value: float | Date) -> int:
        """Mask of the rows with a relation, by a loop."""
        cells: Sequence[Any] = self.columns[column]
        holds = _RELATIONS[relation]
        if not isinstance(value, Date):
            return mask_of([cell is not None and holds(cell, value) for cell in cells])
        orders = (None if cell is None else cell.compare(value) for cell in cells)
        return mask_of(order is not None and holds(order, 0) for order in orders)

    def _order(self, column: int, value: float | Date) -> tuple[int, int, int]:
        """Masks of the rows with a value less than, equal to and greater than `value`."""
        present = self.present(column)
        if not present:
            return 0, 0, 0
        index = self._index(column)
        if isinstance(value, Date):
            fields = self._date_fields.get(column)
            if fields is None:
                fields = self._date_fields[column] = DateFields(index)
            return fields.compare(value)
        less, equal = index.less(value), index.equal(value)
        return less, equal, present & ~(less | equal)

    def _kept(self, key: tuple[object, ...], compute: Callable[[], Kept]) -> Kept:
        """Computes masks once, while there is room to keep them."""
        known: Kept | None = self._masks.get(key)
        if known is not None:
            return known
        if len(self._masks) * self.size > _MASK_BITS:
            self._masks.clear()
        found = self._masks[key] = compute()
        return found

    def _index(self, column: int) -> ColumnIndex:
        index = self._indexes.get(column)
        if index is None:
            ordered = self.types[column] != "text"
            index = self._indexes[column] = ColumnIndex(self.columns[column], ordered)
        return index

    def values(self, rows: int, column: int) -> tuple[Any, ...]:
        """Values of a column over the rows of a mask, in row order, without empty cells."""
        cells, rows = self.columns[column], rows & self.present(column)
        if is_one(rows):
            return (cells[rows.bit_length() - 1],) if rows else ()
        return tuple(compress(cells, bits_of(rows)))

    def each_value(self, rows: int, column: int) -> Iterator[Any]:
        """Yields `values`, without reading further than asked."""
        return map(self.columns[column].__getitem__, each_row(rows & self.present(column)))

    def indices(self, rows: int) -> tuple[int, ...]:
        """Indices of the rows of a mask, from 0."""
        return tuple(compress(range(self.size), bits_of(rows)))

    def equal(self, column: int, cell: Cell) -> int:
        """Mask of the rows with this value in the column."""
        return self._kept((column, "equal", cell), lambda: self._equal(column, cell))

    def _equal(self, column: int, cell: Cell) -> int:
        if self.is_large:
            return self._index(column).equal(cell)
        return mask_of(map(operator.eq, self.columns[column], repeat(cell)))

    def is_constant(self, rows: int, column: int) -> bool:
        """Whether all rows of a mask that is not empty have the same value in the column."""
        if rows & ~self.present(column):
            return False
        cells = self.columns[column]
        first = cells[(rows & -rows).bit_length() - 1]
        if first != cells[rows.bit_length() - 1]:
            return False
        return not rows & ~self.equal(column, first)

    def extreme(self, rows: int, column: int, greatest: bool) -> int:
        """Mask of those rows with the greatest or the least value of an ordered column."""
        if not self.is_large:
            ranking = self._ranking(column)
            best_first = reversed(ranking) if greatest else ranking
            return next((rows & mask for mask in best_first if rows & mask), 0)
        rows &= self.present(column)
        return rows if is_one(rows) else self._index(column).extreme(rows, greatest)

    def most_frequent(self, rows: int, column: int) -> Iterator[Any]:
        """Yields all most frequent values over the rows, in order of their first rows."""
        if not self.is_large:
            counts = Counter(self.values(rows, column))
            most = max(counts.values(), default=0)
            yield from (value for value, number in counts.items() if number == most)
            return
        rows &= self.present(column)
        if rows:
            cells, places = self.columns[column], self._index(column).most_frequent(rows)
            yield from firsts(cells[place] for place in places)

    def number_of_values(self, rows: int, column: int) -> int:
        """Number of different values over the rows."""
        if not self.is_large:
            return len(set(self.values(rows, column)))
        rows &= self.present(column)
        return self._index(column).number_of_values(rows) if rows else 0

    def total(self, rows: int, column: int) -> float:
        """Sum of the numbers over the rows, added in row order; an integer if all of them are."""
        floats = self._all_floats(column) if self.is_large else None
        if floats is None:
            values = self.values(rows, column)
            total = 0.0 if values and isinstance(values[0], float) else 0
            for value in values:
                total += value
            return total
        value_R = floats.take(row_array(rows & self.present(column)))
        # As Python adds: one after the other, and from zero.
        with np.errstate(invalid="ignore", over="ignore"):
            return float(np.add.accumulate(value_R)[-1]) + 0.0 if len(value_R) else 0

    def _all_floats(self, column: int) -> npt.NDArray[np.float64] | None:
        """Cells of a column; None unless all that are not empty are floats."""
        if column not in self._floats:
            cells = self.columns[column]
            known = {type(cell) for cell in cells} <= {float, type(None)}
            self._floats[column] = np.array(cells, np.float64) if known else None
        return self._floats[column]

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


def firsts(cells: Iterable[Any]) -> Iterator[Any]:
    """Yields the first of equal cells."""
    seen = set()
    for cell in cells:
        if cell not in seen:
            seen.add(cell)
            yield cell


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
