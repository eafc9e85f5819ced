"""Columns of yes and no, which questions name by their header: "which dishes are vegetarian?"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from sparse_rl.interpreters.tables.constants import Constant
from sparse_rl.interpreters.tables.table import StringProperty, Table
from sparse_rl.interpreters.tables.text import STOP_WORDS, Token, stem, tokenize

_FORMS = {"yes": "no", "y": "n", "true": "false", "x": ""}
"""What cells say of rows that have the property, and of rows that have not; empty is no too."""


def flag_constants(tokens: Sequence[Token], table: Table) -> list[Constant]:
    """Finds the properties that a question names, as the cells which say that a row has them.

    "not vegetarian" has the same constant: it is for `filter_not_in`.
    """
    found = []
    words = [(place, stem(token.text)) for place, token in enumerate(tokens) if token.is_word]
    stems = [word for _, word in words]
    for header, positive in _flags(table):
        named = _content(header)
        for first in range(len(stems) - len(named) + 1):
            if named and stems[first : first + len(named)] == named:
                last = first + len(named) - 1
                found.append(Constant((positive,), words[first][0], words[last][0] + 1))
                break
    return found


_FIRST, _SPELLINGS = 200, 12
"""So many first cells of a column of yes and no are written in at most so many ways."""


def _flags(table: Table) -> Iterator[tuple[str, str]]:
    """Headers of the columns of yes and no, with the word for yes."""
    for property_ in table.properties:
        if isinstance(property_, StringProperty):
            if len(set(islice(table.columns[property_.column], _FIRST))) > _SPELLINGS:
                continue
            keys = {key.strip() for key in table.keys(property_.column)} - {""}
            for positive, negative in _FORMS.items():
                if positive in keys and keys <= {positive, negative}:
                    yield table.header[property_.column], positive


def _content(header: str) -> list[str]:
    """Stems of a header's words, without "is" and "has"."""
    words = [token.text for token in tokenize(header) if token.is_word]
    return [stem(word) for word in words if word not in STOP_WORDS]
