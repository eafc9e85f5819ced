"""Gold answers over a user's own table, as its columns write them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sparse_rl.annotation.readers.columns import ColumnReading
from sparse_rl.annotation.readers.dates import read_date
from sparse_rl.annotation.readers.numbers import read_quantity
from sparse_rl.annotation.readers.questions import Style
from sparse_rl.interpreters.tables.cell_answers import CellAnswer
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.typed_answers import official_text
from sparse_rl.interpreters.tables.wording import exact, folded


class AnswerReader:
    """Reads typed answers over a table: which cells, numbers and dates they are.

    An item names the cells that are written like it; else those of the same letters; else, as in
    WikiTableQuestions' evaluation, those that differ in accents, quotes and brackets alone. Cells
    of columns of numbers and dates are also named by their value.
    """

    def __init__(self, columns: Sequence[ColumnReading], rows: Sequence[Sequence[str]]) -> None:
        self._columns = columns
        self._style = Style.of(columns)
        self._levels: tuple[dict[str, set[str]], ...] = tuple(defaultdict(set) for _ in range(3))
        self._values: dict[object, set[str]] = defaultdict(set)
        self._texts: set[str] = set()
        for column, cells in zip(columns, zip(*rows, strict=True), strict=True):
            for cell in dict.fromkeys(cells):
                text = exact(cell)
                if not text:
                    continue
                names = (text, folded(text), official_text(text))
                for level, name in zip(self._levels, names, strict=True):
                    level[name].add(text)
                value = column.value(cell)
                if value is None:
                    self._texts.add(folded(text))
                else:
                    self._values[value].add(text)

    def answer(self, items: Sequence[str | float]) -> CellAnswer:
        """Reads the items of an answer: texts as the table writes them, and numbers."""
        read = [(str(item), self._value(item)) for item in items]
        return CellAnswer(
            tuple(item for item, _ in read),
            tuple(_written(value) for _, value in read),
            tuple(tuple(sorted(self._spellings(item, value))) for item, value in read),
        )

    def is_cell(self, item: str | float) -> bool:
        """Whether an item is the text or the value of a cell."""
        return bool(self._cells(str(item), self._value(item)))

    def is_number(self, item: str | float) -> bool:
        """Whether an item is a number, which a program may compute."""
        return isinstance(self._value(item), (int, float))

    def _value(self, item: str | float) -> float | Date | None:
        """Reads an item as a number or a date; None if it is a text."""
        if not isinstance(item, str):
            return item
        style = self._style
        number = read_quantity(item, style.decimal, style.metres) or read_quantity(
            item, "," if style.decimal == "." else ".", style.metres
        )
        known = folded(item) in self._texts
        # "3 Doors Down" is no 3, and 4/5 in a column of ratings no .8.
        sure = not known or not (number and (number.unit or number.marked))
        if number is not None and sure and " " not in number.unit:
            return number.value
        date = read_date(item, style.order) or read_date(item)
        if date is not None and not known:
            return date
        for column in self._columns:
            if column.type == "duration" and (value := column.value(item)) is not None:
                return value
        return None

    def _spellings(self, item: str, value: float | Date | None) -> set[str]:
        """Cells that an item names, in lower case too where no other cell differs in it alone."""
        cells = self._cells(item, value)
        return cells | {folded(cell) for cell in cells if len(self._levels[1][folded(cell)]) == 1}

    def _cells(self, item: str, value: float | Date | None) -> set[str]:
        cells = set(self._values.get(value, ())) if value is not None else set()
        for level, name in zip(
            self._levels, (exact(item), folded(item), official_text(item)), strict=True
        ):
            if name and name in level:
                return cells | level[name]
        return cells


def _written(value: float | Date | None) -> str:
    return "" if value is None else str(value) if isinstance(value, (int, Date)) else repr(value)
