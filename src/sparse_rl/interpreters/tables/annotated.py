"""Cells with the typed values of an annotator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.text import tokenize

T = TypeVar("T")

# A view that few cells have says little about its column.
MIN_SHARE = 0.2
# A number in a long text is seldom the subject of the cell.
MAX_NUMBER_TOKENS = 9


@dataclass(frozen=True, slots=True)
class AnnotatedCell:
    """Text of a cell with its typed values.

    Attributes:
        text: text as in the table; blank for an empty cell.
        number: the first number of the text.
        num2: the second number, as in a score of 3-1.
        date: the date of the text.
        items: items of a cell that is a list.
    """

    text: str
    number: float | None = None
    num2: float | None = None
    date: Date | None = None
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class CellViews:
    """Typed views of a column, each of which enough cells have; None if a cell has no value.

    Attributes:
        text: text of the cells; every column has this view.
        number, num2, date: values of the cells; None if the column has no such view.
    """

    text: tuple[str | None, ...]
    number: tuple[float | None, ...] | None
    num2: tuple[float | None, ...] | None
    date: tuple[Date | None, ...] | None


def cell_views(cells: Sequence[AnnotatedCell]) -> CellViews:
    """Collects the views of one column's cells."""
    short = {text for text in {c.text for c in cells if c.number is not None} if _is_short(text)}
    numbers = [cell.number if cell.text in short else None for cell in cells]
    seconds = [cell.num2 if cell.text in short else None for cell in cells]
    return CellViews(
        tuple(cell.text.strip() or None for cell in cells),
        _frequent(numbers),
        _frequent(seconds),
        _frequent([cell.date for cell in cells]),
    )


def _is_short(text: str) -> bool:
    # A token has a character at least; only other scripts' characters may become several.
    few_letters = len(text) <= MAX_NUMBER_TOKENS and text.isascii()
    return few_letters or len(tokenize(text)) <= MAX_NUMBER_TOKENS


def _frequent(values: Sequence[T | None]) -> tuple[T | None, ...] | None:
    known = sum(value is not None for value in values)
    return tuple(values) if known and known >= MIN_SHARE * len(values) else None
