"""Constants of a question: strings, numbers and dates for its programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.mentions import dates
from sparse_rl.interpreters.tables.table import StringProperty, Table
from sparse_rl.interpreters.tables.text import STOP_WORDS, Token, numerals

ConstantValue = tuple[str, ...] | float | Date


@dataclass(frozen=True, slots=True)
class Constant:
    """Value that a question mentions.

    Attributes:
        value: normalised strings (any may match), a number, or a date.
        start: first token of its span in the question.
        end: one past the last token.
    """

    value: ConstantValue
    start: int
    end: int

    @property
    def kind(self) -> str:
        if isinstance(self.value, tuple):
            return "string"
        return "date" if isinstance(self.value, Date) else "number"


def find_constants(
    question: str, tokens: list[Token], table: Table, alternatives: bool = True
) -> tuple[Constant, ...]:
    """Finds strings that match cells of the table, pairs of them joined by "or", numbers, dates.

    Each kind is in the order of the question. Numbers and dates are left out if the table has
    none, and pairs without `alternatives`: WikiSQL's queries have no "or".
    """
    constants = string_constants(tokens, table)
    if alternatives:
        constants += joined_by_or(constants, tokens)
    if "real" in table.types:
        constants += [Constant(n.value, n.start, n.end) for n in numerals(question, tokens)]
    if "date" in table.types:
        constants += [Constant(d.value, d.start, d.end) for d in dates(tokens)]
    return distinct(constants)


def distinct(constants: Sequence[Constant]) -> tuple[Constant, ...]:
    """Keeps the first constant of every value."""
    found: dict[ConstantValue, Constant] = {}
    for constant in constants:
        found.setdefault(constant.value, constant)
    return tuple(found.values())


def joined_by_or(strings: Sequence[Constant], tokens: Sequence[Token]) -> list[Constant]:
    """Makes one constant with both strings for "a or b"."""
    return [
        Constant(one.value + other.value, one.start, other.end)
        for one in strings
        for other in strings
        if one.end + 1 == other.start
        and tokens[one.end].text == "or"
        and one.value != other.value
        and isinstance(one.value, tuple)
        and isinstance(other.value, tuple)
    ]


def string_constants(tokens: Sequence[Token], table: Table) -> list[Constant]:
    """Finds maximal spans that are a cell or part of one, and shorter spans that are a cell.

    The comparison ignores punctuation. A span of stop words alone must be a whole cell.
    """
    columns = [p.column for p in table.properties if isinstance(p, StringProperty)]
    cells = {key for column in columns for key in table.keys(column)}
    text = "\n".join(cells)
    words = [(index, token.text) for index, token in enumerate(tokens) if token.is_word]
    found: list[Constant] = []
    furthest = 0
    for first in range(len(words)):
        for last, phrase in _longest_first(words, first, text):
            whole = f" {phrase} " in cells
            maximal = last > furthest
            furthest = max(furthest, last)
            content = not all(word in STOP_WORDS for word in phrase.split())
            if whole or (maximal and content):
                found.append(Constant((phrase,), words[first][0], words[last - 1][0] + 1))
    return found


def _longest_first(words: list[tuple[int, str]], first: int, text: str) -> list[tuple[int, str]]:
    """Ends and phrases of the spans from `first` that occur in the cells, the longest first."""
    spans = []
    phrase = ""
    for last in range(first + 1, len(words) + 1):
        phrase = f"{phrase} {words[last - 1][1]}"
        if f"{phrase} " not in text:
            break
        spans.append((last, phrase[1:]))
    return spans[::-1]
