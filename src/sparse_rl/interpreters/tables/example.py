"""One question with its table and its answer."""

from __future__ import annotations

from dataclasses import dataclass

from sparse_rl.interpreters.tables.answers import Gold
from sparse_rl.interpreters.tables.constants import Constant
from sparse_rl.interpreters.tables.table import Table


@dataclass(frozen=True, eq=False)
class Example:
    """A question, the table it is asked of, and the answer that checks programs.

    Attributes:
        id: stable and unique in its dataset.
        question: as it was asked.
        tokens: folded words and punctuation of the question.
        table: where programs run.
        constants: values a program may use, with their token spans.
        answer: knows which denotations are right; None where it is not known (prediction).
        pos_tags: parts of speech of the question, for trigger words; empty where not known.
    """

    id: str
    question: str
    tokens: tuple[str, ...]
    table: Table
    constants: tuple[Constant, ...]
    answer: Gold | None
    pos_tags: tuple[str, ...] = ()
