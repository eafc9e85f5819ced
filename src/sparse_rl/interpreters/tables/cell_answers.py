"""Gold answers of people's own tables: sets of cells, numbers and dates."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property

from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.typed_answers import Value, item_text
from sparse_rl.interpreters.tables.wording import exact, folded

_CLOSE = 1e-6


@dataclass(frozen=True)
class CellAnswer:
    """Gold answer as a set: order and repetition do not matter.

    A text is right if it is one of the cells that its item names, a number if it is the item's.

    Args:
        texts: its items as written.
        values: number or date of each item as text (`12467`, `1950-03-xx`), or "".
        spellings: for each item, the cells that are the same.

    Raises:
        ValueError: the arguments differ in length.
    """

    texts: tuple[str, ...]
    values: tuple[str, ...]
    spellings: tuple[tuple[str, ...], ...]

    @cached_property
    def _items(self) -> tuple[tuple[float | Date | None, frozenset[str]], ...]:
        """Value and texts of the distinct items."""
        found: dict[object, tuple[float | Date | None, frozenset[str]]] = {}
        for text, value, cells in zip(self.texts, self.values, self.spellings, strict=True):
            # A text that is no cell may be computed: its letter case does not matter.
            names = frozenset(cells) or frozenset((folded(text),))
            item = _value(value), names
            found.setdefault(names if item[0] is None else item[0], item)
        return tuple(found.values())

    @property
    def keys(self) -> tuple[float | Date | str, ...]:
        """Number, date or text of each distinct item."""
        return tuple(min(texts) if value is None else value for value, texts in self._items)

    def as_given(self) -> tuple[str, ...]:
        return self.texts

    def accepts(self, denotation: Iterable[Value]) -> bool:
        found: set[int] = set()
        for value in denotation:
            item = self._item(value)
            if item is None:
                return False
            found.add(item)
        return len(found) == len(self._items)

    def key(self, denotation: Iterable[Value]) -> Hashable:
        keys = ((self._item(value), value) for value in denotation)
        return frozenset(_key(value) if item is None else item for item, value in keys)

    def _item(self, value: Value) -> int | None:
        """Index of the item that a value of a denotation is."""
        if isinstance(value, str):
            names = {exact(value), folded(value)}
            fits = (not names.isdisjoint(texts) for _, texts in self._items)
        else:
            fits = (gold is not None and same(gold, value) for gold, _ in self._items)
        return next((index for index, fit in enumerate(fits) if fit), None)


def same(gold: float | Date, value: float | Date) -> bool:
    """Compares numbers to 1e-6, integers exactly; a date that is a bare year is a number.

    >>> same(3, 3.0000001), same(2**60, 2**60 + 1), same(1e-7, 2e-7), same(1990, Date(1990))
    (True, False, False, True)
    """
    if isinstance(gold, Date) and isinstance(value, Date):
        return gold == value
    one, other = _year(gold), _year(value)
    if one is None or other is None:
        return False
    if isinstance(one, int) and isinstance(other, int):
        return one == other
    size = max(abs(one), abs(other))
    return abs(one - other) <= max(_CLOSE * min(1.0, size), 1e-12 * size)


def _year(value: float | Date) -> float | None:
    if isinstance(value, Date):
        return value.year if value.month is None and value.day is None else None
    return value


def _key(value: Value) -> Hashable:
    return folded(value) if isinstance(value, str) else item_text(value)


def _value(text: str) -> float | Date | None:
    if not text:
        return None
    if text.lstrip("-").isdigit():
        return int(text)
    try:
        return float(text)
    except ValueError:
        return Date.parse(text)
