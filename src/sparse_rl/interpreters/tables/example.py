"""Examples: a question with its table and its answer."""

from __future__ import annotations

from dataclasses import dataclass

from sparse_rl.interpreters.tables.answers import Gold
from sparse_rl.interpreters.tables.constants import Constant
from sparse_rl.interpreters.tables.table import Table


@dataclass(frozen=True, eq=False)
class Example:
    """Question with its table, and with the answer that rewards programs.

    Attributes:
        id: stable and unique in its dataset.
        question: text of the question.
        tokens: folded words and punctuation of the question.
        table: table that programs run on.
        constants: constants for programs, with their token spans.
        answer: gold answer, which decides on denotations; None if unknown (prediction).
        pos_tags: POS tags of the question, for trigger words; empty if unknown.
    """

    id: str
    question: str
    tokens: tuple[str, ...]
    table: Table
    constants: tuple[Constant, ...]
    answer: Gold | None
    pos_tags: tuple[str, ...] = ()
