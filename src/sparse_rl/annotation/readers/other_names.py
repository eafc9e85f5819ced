"""Cells that a question names in other words: by another form, or by another name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files

import yaml

from sparse_rl.interpreters.tables.constants import Constant
from sparse_rl.interpreters.tables.table import StringProperty, Table
from sparse_rl.interpreters.tables.text import STOP_WORDS, Token, stem, tokenize

_SHORTEST = 4
"""Letters of a word whose other forms are looked for."""
_QUANTITIES = frozenset(
    str.split("more most less least fewer fewest other another each both total number times time")
)


def other_names(
    tokens: Sequence[Token], constants: Sequence[Constant], table: Table
) -> list[Constant]:
    """Finds cells by words that are part of no constant.

    A word stands for the cells' words of its stem ("retired": "retirement"), unless a header has
    it; a phrase for the other names of what it names ("american": "USA"), whole cells first.

    Args:
        tokens: tokens of the question.
        constants: constants of the question that were found literally.
        table: the table.
    """
    found = said_otherwise(tokens, constants, table)
    taken = {place for c in (*constants, *found) for place in range(c.start, c.end)}
    words = [(place, token.text) for place, token in enumerate(tokens) if token.is_word]
    forms = _forms(_cells(table))
    of_headers = {stem(token.text) for header in table.header for token in tokenize(header)}
    for place, word in words:
        root = stem(word)
        if place not in taken and _has_forms(word) and root not in of_headers:
            others = tuple(sorted(form for form in forms[root] if _is_form(word, form)))
            if others:
                found.append(Constant(others, place, place + 1))
    return found


def said_otherwise(
    tokens: Sequence[Token], constants: Sequence[Constant], table: Table
) -> list[Constant]:
    """Finds cells by other names of what they name; arguments as of `other_names`.

    A table's cells are read only if the question has such a name.
    """
    taken = {place for constant in constants for place in range(constant.start, constant.end)}
    words = [(place, token.text) for place, token in enumerate(tokens) if token.is_word]
    said = [one for one in _said(words) if taken.isdisjoint(range(*one[:2]))]
    cells = _cells(table) if said else set()
    found: list[Constant] = []
    for start, end, names in said:
        if taken.isdisjoint(range(start, end)) and (written := _written(names, cells)):
            found.append(Constant(written, start, end))
            taken.update(range(start, end))
    return found


def _cells(table: Table) -> set[str]:
    columns = [p.column for p in table.properties if isinstance(p, StringProperty)]
    return {key for column in columns for key in table.keys(column)}


def _said(words: Sequence[tuple[int, str]]) -> Iterator[tuple[int, int, Sequence[str]]]:
    """Yields spans of tokens that are a name with others, the longest first at every word."""
    groups = _groups()
    longest = max(len(phrase.split()) for phrase in groups)
    for first in range(len(words)):
        for last in range(min(first + longest, len(words)), first, -1):
            phrase = " ".join(word for _, word in words[first:last])
            if phrase in groups:
                yield words[first][0], words[last - 1][0] + 1, groups[phrase]
                break


def _written(names: Sequence[str], cells: set[str]) -> tuple[str, ...]:
    """The names that are cells; or else those that occur within cells, abbreviations apart."""
    whole = tuple(name for name in names if f" {name} " in cells)
    longer = (name for name in names if len(name) >= _SHORTEST)
    return whole or tuple(name for name in longer if any(f" {name} " in cell for cell in cells))


def _forms(cells: set[str]) -> Mapping[str, set[str]]:
    """The words of cells, by their stem."""
    forms: dict[str, set[str]] = defaultdict(set)
    for word in {word for cell in cells for word in cell.split()}:
        if _has_forms(word):
            forms[stem(word)].add(word)
    return forms


def _has_forms(word: str) -> bool:
    known = word in STOP_WORDS or word in _QUANTITIES
    return len(word) >= _SHORTEST and word.isalpha() and not known


def _is_form(word: str, other: str) -> bool:
    """Whether another word of the same stem is near enough: some stems are too short."""
    shared = min(len(word), len(other)) - 1
    return word != other and word[:shared] == other[:shared]


@cache
def _groups() -> dict[str, tuple[str, ...]]:
    """All names of what a phrase of a question names, without the phrase itself."""
    text = files(__package__).joinpath("other_names.yaml").read_text(encoding="utf-8")
    groups: dict[str, tuple[str, ...]] = {}
    for kind in yaml.safe_load(text).values():
        for group in kind:
            names = (*group["said"], *group["written"])
            for phrase in group["said"]:
                groups[phrase] = tuple(name for name in names if name != phrase)
    return groups
