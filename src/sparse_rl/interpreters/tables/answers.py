"""Comparison of denotations with gold answers as in WikiSQL's evaluation: lists in order."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.signature import Answer
from sparse_rl.interpreters.tables.table import Cell


class Gold(Protocol):
    """Gold answer of an example: decides which denotations are right."""

    def accepts(self, denotation: Sequence[Cell], /) -> bool: ...

    def key(self, denotation: Answer, /) -> Hashable:
        """Key that is equal for denotations that are the same answer."""
        ...

    def as_given(self) -> Answer:
        """Values as in the dataset, for people to read."""
        ...


@dataclass(frozen=True)
class ListAnswer:
    """Gold answer as a list: exactly these values, in this order."""

    values: Answer

    def accepts(self, denotation: Iterable[Cell]) -> bool:
        # One value too many decides.
        return same_answer(self.values, tuple(islice(denotation, len(self.values) + 1)))

    def as_given(self) -> Answer:
        return self.values

    def key(self, denotation: Answer) -> Hashable:
        return denotation


def same_value(gold: Cell, value: Cell) -> bool:
    """Compares text literally (tables are lower case), numbers to a relative 1e-9."""
    if isinstance(gold, (str, Date)) or isinstance(value, (str, Date)):
        return gold == value
    return gold == value or math.isclose(gold, value, rel_tol=1e-9, abs_tol=1e-12)


def same_answer(gold: Answer, denotation: Answer) -> bool:
    """Compares lists in order, as in WikiSQL's evaluation."""
    return len(gold) == len(denotation) and all(map(same_value, gold, denotation))


def value_types(answer: Iterable[Cell]) -> set[type]:
    """Types of an answer's values; numbers of all kinds are one type."""
    return {float if isinstance(value, (int, float)) else type(value) for value in answer}
