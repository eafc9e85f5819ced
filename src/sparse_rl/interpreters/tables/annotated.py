"""Cells with the values that an annotator has read off them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.text import tokenize

T = TypeVar("T")

# A view that few cells have says little about its column.
MIN_SHARE = 0.2
# A number in a long text is seldom what the cell is about.
MAX_NUMBER_TOKENS = 9


@dataclass(frozen=True)
class AnnotatedCell:
    """The text of a cell and what is known of its meaning.

    Attributes:
        text: as it stands in the table; blank for an empty cell.
        number: the number it says, the first one where there are several.
        num2: the second number, as in a score of 3-1.
        date: the date it says.
        items: the parts of a cell that is a list.
    """

    text: str
    number: float | None = None
    num2: float | None = None
    date: Date | None = None
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class CellViews:
    """The readings of one column that enough of its cells have; None where a cell has no value.

    Attributes:
        text: every column has it.
        number, num2, date: None where the column has no such view.
    """

    text: tuple[str | None, ...]
    number: tuple[float | None, ...] | None
    num2: tuple[float | None, ...] | None
    date: tuple[Date | None, ...] | None


def cell_views(cells: Sequence[AnnotatedCell]) -> CellViews:
    """The views of one column's cells."""
    short = [len(tokenize(cell.text)) <= MAX_NUMBER_TOKENS for cell in cells]
    numbers = [c.number if fits else None for c, fits in zip(cells, short, strict=True)]
    seconds = [c.num2 if fits else None for c, fits in zip(cells, short, strict=True)]
    return CellViews(
        tuple(cell.text.strip() or None for cell in cells),
        _frequent(numbers),
        _frequent(seconds),
        _frequent([cell.date for cell in cells]),
    )


def _frequent(values: Sequence[T | None]) -> tuple[T | None, ...] | None:
    known = sum(value is not None for value in values)
    return tuple(values) if known and known >= MIN_SHARE * len(values) else None
