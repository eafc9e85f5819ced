"""Types of annotation: a question's tags, a cell's values, a table with tags."""

from __future__ import annotations

from dataclasses import dataclass

from sparse_rl.interpreters.tables.dates import Date

Place = tuple[int, int]
"""Row and column of a cell; the headers are row -1."""


@dataclass(frozen=True)
class CellTags:
    """Typed values of a cell, as CoreNLP reads it: two numbers, a date, and the items of a list."""

    number: float | None
    num2: float | None
    date: Date | None
    list: tuple[str, ...]


@dataclass(frozen=True)
class RawTable:
    """Text of a table; `tags` by (row, column) if it has a tagged file."""

    header: list[str]
    rows: list[list[str]]
    tags: dict[Place, CellTags] | None


@dataclass(frozen=True)
class Annotation:
    """CoreNLP's annotation of a question, token by token; a missing value is empty."""

    tokens: tuple[str, ...]
    lemmas: tuple[str, ...]
    pos_tags: tuple[str, ...]
    ner_tags: tuple[str, ...]
    ner_values: tuple[str, ...]
