"""Cells without a value, which questions name by a word of absence: "jobs without a certificate".

The same constant is for rows that have a value: "sessions with an overstay".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from sparse_rl.annotation.readers.flags import affirmation
from sparse_rl.annotation.readers.header_words import content, names, opposed
from sparse_rl.interpreters.tables.constants import Constant
from sparse_rl.interpreters.tables.no_value import NO_VALUE
from sparse_rl.interpreters.tables.table import StringProperty, Table
from sparse_rl.interpreters.tables.text import STOP_WORDS, Token

_ABSENT = frozenset(str.split("no without missing lacks lack lacking lacked blank empty unknown"))
_NEGATED = frozenset(str.split("not never yet t"))
"""Words of absence where a column without some values is named too; "t" is that of "don't"."""
_PRESENT = frozenset(str.split("with have has had having got get gets"))
_KNOWN = frozenset(str.split("known filled given recorded entered"))
"""Words after the name of a column that say that it has a value."""
_LIMITS = frozenset(str.split("more less fewer later earlier longer other one matter"))
"""Words after "no" with which it says no absence: "no more than 5"."""
_BETWEEN = frozenset(
    str.split("a an any the some been already yet our their his her its known recorded valid")
)
"""Words that may stand before the name of the column: "with a known weight"."""
_COMPARED = frozenset(
    str.split(
        "of above over under below between more less at higher lower than greater after before "
        "since until in on from by exactly is was equal"
    )
)
"""Words after the name of a column with which a question compares its values."""
_NEAR = 3
"""Words before one such as "known" in which the name of the column is sought."""
_WINDOW = 5
"""Words after one of absence or possession in which the name of the column is sought."""


def no_value_constants(tokens: Sequence[Token], table: Table) -> list[Constant]:
    """Finds what a question says of cells without a value: one constant at most.

    Its words are that of absence or possession with the name of the column, if that is near.
    """
    words = [(place, token.text) for place, token in enumerate(tokens) if token.is_word]
    columns = _Columns(table)
    for find in (_absent, _opposite, _negated, _present, _known):
        found = next(find(words, columns), None)
        if found is not None:
            return [Constant(NO_VALUE, words[found[0]][0], words[found[1]][0] + 1)]
    return []


class _Columns:
    """Columns with cells without a value, looked for only where a question has words for it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of the words of their headers."""
        return frozenset(stem for column in self._found for stem in content(column))

    @cached_property
    def _found(self) -> list[str]:
        table = self._table
        texts = [p.column for p in table.properties if isinstance(p, StringProperty)]
        missing = ((column, table.containing(column, NO_VALUE)) for column in texts)
        lacking = (column for column, rows in missing if rows not in (0, table.all_rows))
        # An empty cell beside "x" says no.
        return [table.header[c] for c in lacking if affirmation(table, c) is None]

    def __bool__(self) -> bool:
        return bool(self._found)

    def named(self, word: str) -> bool:
        return word not in STOP_WORDS and any(names(word, stem) for stem in self.stems)


_Words = Sequence[tuple[int, str]]


def _absent(words: _Words, columns: _Columns) -> Iterator[tuple[int, int]]:
    """Words of absence, which need no name of a column: it may have a synonym."""
    for place, (_, word) in enumerate(words):
        limits = word == "no" and (place + 1 == len(words) or _is_limit(words[place + 1][1]))
        if word in _ABSENT and not limits and columns:
            yield place, _end_of_name(words, place, columns)


def _opposite(words: _Words, columns: _Columns) -> Iterator[tuple[int, int]]:
    """Words such as "unpaid", for a column "Paid on"."""
    for place, (_, word) in enumerate(words):
        if word.startswith("un") and any(map(columns.named, opposed(word))):
            yield place, place


def _negated(words: _Words, columns: _Columns) -> Iterator[tuple[int, int]]:
    """Words such as "not" before a column's name: "not inspected yet", "don't have a phone"."""
    for place, (_, word) in enumerate(words):
        if word in _NEGATED:
            end = _end_of_name(words, place, columns)
            if end > place:
                yield place - (word == "t" and place > 0), end


def _present(words: _Words, columns: _Columns) -> Iterator[tuple[int, int]]:
    """Words of possession before a column's name that no comparison follows."""
    for place, (_, word) in enumerate(words):
        if word not in _PRESENT:
            continue
        first = place + 1
        while first < len(words) and words[first][1] in _BETWEEN:
            first += 1
        end = first
        while end < len(words) and columns.named(words[end][1]):
            end += 1
        after = words[end][1] if end < len(words) else ""
        if end > first and after not in _COMPARED and not after[:1].isdigit():
            yield place, end - 1


def _known(words: _Words, columns: _Columns) -> Iterator[tuple[int, int]]:
    """Words such as "known" after a column's name: "whose rating is known"."""
    for place, (_, word) in enumerate(words):
        before = range(max(0, place - _NEAR), place) if word in _KNOWN else ()
        for other in before:
            if columns.named(words[other][1]):
                yield other, place


def _end_of_name(words: _Words, place: int, columns: _Columns) -> int:
    """The last word of a column's name that begins soon after a word; that word without one."""
    last = place
    for other in range(place + 1, min(place + 1 + _WINDOW, len(words))):
        if columns.named(words[other][1]):
            last = other
        elif last > place:
            break
    return last


def _is_limit(word: str) -> bool:
    return word in _LIMITS or word[:1].isdigit()
