"""Columns of yes and no, which questions name by their header: "which dishes are vegetarian?"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from sparse_rl.annotation.readers.header_words import content, place_of
from sparse_rl.interpreters.tables.constants import Constant
from sparse_rl.interpreters.tables.table import StringProperty, Table
from sparse_rl.interpreters.tables.text import Token

_FORMS = {"yes": "no", "y": "n", "true": "false", "x": ""}
"""What cells say of rows that have the property, and of rows that have not; empty is no too."""


def flag_constants(tokens: Sequence[Token], table: Table) -> list[Constant]:
    """Finds the properties that a question names, as the cells which say that a row has them.

    "not vegetarian" and "non-vegetarian" have the same constant: it is for `filter_not_in`.
    """
    words = [(place, token) for place, token in enumerate(tokens) if token.is_word]
    found = []
    for column, positive in _flags(table):
        stems = content(table.header[column])
        span = place_of(stems, words) if stems else None
        if span is not None:
            found.append(Constant(_written(table, column, positive), *span))
    return found


_FIRST, _SPELLINGS = 200, 12
"""So many first cells of a column of yes and no are written in at most so many ways."""


def _flags(table: Table) -> Iterator[tuple[int, str]]:
    """Columns of yes and no, with the word for yes."""
    for property_ in table.properties:
        if isinstance(property_, StringProperty):
            positive = affirmation(table, property_.column)
            if positive is not None:
                yield property_.column, positive


def affirmation(table: Table, column: int) -> str | None:
    """The word for yes in a column of yes and no; None for other columns."""
    if len(set(islice(table.columns[column], _FIRST))) > _SPELLINGS:
        return None
    keys = {key.strip() for key in table.keys(column)} - {""}
    fitting = (yes for yes, no in _FORMS.items() if yes in keys and keys <= {yes, no})
    return next(fitting, None)


def _written(table: Table, column: int, positive: str) -> tuple[str, ...]:
    """The word for yes; in all letter cases of a column that has it in lower case and another."""
    spellings = table.names(column).spellings[positive]
    return tuple(sorted(spellings, reverse=True)) if positive in spellings else (positive,)
