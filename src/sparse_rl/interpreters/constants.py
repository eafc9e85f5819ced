"""Constants of a question: the strings and numbers that its programs may use."""

from __future__ import annotations

from dataclasses import dataclass

from sparse_rl.interpreters.table import StringProperty, Table
from sparse_rl.interpreters.text import STOP_WORDS, Numeral, Token, numerals

ConstantValue = tuple[str, ...] | float


@dataclass(frozen=True)
class Constant:
    """A value read off the question.

    Attributes:
        value: normalised strings (any of which may match), or a number.
        start: first token of its span in the question.
        end: one past the last token.
    """

    value: ConstantValue
    start: int
    end: int

    @property
    def kind(self) -> str:
        return "string" if isinstance(self.value, tuple) else "number"


def find_constants(question: str, tokens: list[Token], table: Table) -> tuple[Constant, ...]:
    """Strings that match cells of the table, then numbers, each in order of the question."""
    mentioned = numerals(question, tokens)
    constants = _string_constants(tokens, table) + _number_constants(mentioned, table)
    distinct: dict[ConstantValue, Constant] = {}
    for constant in constants:
        distinct.setdefault(constant.value, constant)
    return tuple(distinct.values())


def _number_constants(mentioned: list[Numeral], table: Table) -> list[Constant]:
    if "real" not in table.types:
        return []
    return [Constant(numeral.value, numeral.start, numeral.end) for numeral in mentioned]


def _string_constants(tokens: list[Token], table: Table) -> list[Constant]:
    """Maximal spans that are a cell or part of one, and shorter ones that are a whole cell.

    Words are compared across punctuation. A span of stop words alone must be a whole cell.
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
    """Spans [first, last) that occur in the cells, the longest first, with their phrases."""
    spans = []
    phrase = ""
    for last in range(first + 1, len(words) + 1):
        phrase = f"{phrase} {words[last - 1][1]}"
        if f"{phrase} " not in text:
            break
        spans.append((last, phrase[1:]))
    return spans[::-1]
