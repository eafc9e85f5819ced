"""Coverage: the questions for which a search has found a rewarded program."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from sparse_rl.interpreters.tables.answers import Gold
from sparse_rl.interpreters.tables.cell_answers import CellAnswer
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.table import Cell
from sparse_rl.interpreters.tables.table_world import ActionTokens
from sparse_rl.interpreters.tables.typed_answers import SetAnswer

KINDS = ("number", "date", "text", "list", "none")


@dataclass(frozen=True)
class Coverage:
    """The coverage of one question.

    Attributes:
        example: the question.
        kind: kind of its answer, one of `KINDS`: "list" for several values or an empty answer,
            "none" for an unknown answer.
        expressions: number of expressions of its shortest rewarded program; 0 without one.
    """

    example: Example
    kind: str
    expressions: int


def coverage(example: Example, rewarded: Sequence[tuple[int, ...]], language: Language) -> Coverage:
    """Returns a question's coverage by its rewarded action sequences."""
    tokens = ActionTokens(language)
    functions = range(tokens.first_function, tokens.all_rows)
    lengths = [sum(action in functions for action in actions) for actions in rewarded]
    return Coverage(example, answer_kind(example.answer), min(lengths, default=0))


def answer_kind(gold: Gold | None) -> str:
    """Returns the kind of an answer, one of `KINDS`."""
    if gold is None:
        return "none"
    values = gold_values(gold)
    if len(values) != 1:
        return "list"
    if isinstance(values[0], str):
        return "text"
    return "date" if isinstance(values[0], Date) else "number"


def gold_values(gold: Gold) -> tuple[Cell, ...]:
    """Returns the distinct numbers, dates and texts of an answer."""
    if isinstance(gold, SetAnswer):
        return tuple(value.key for value in gold.values)
    return gold.keys if isinstance(gold, CellAnswer) else gold.as_given()


def coverage_table(found: Sequence[Coverage], max_expressions: int) -> str:
    """Formats coverage by kind of answer and length of the shortest program, in Markdown."""
    lengths = range(1, max_expressions + 1)
    lines = [
        "| answer | questions | found | " + " | ".join(f"by {n}" for n in lengths) + " |",
        "|---|" + "--:|" * (2 + max_expressions),
    ]
    for kind in (*KINDS, "all"):
        part = [c.expressions for c in found if kind in (c.kind, "all")]
        if part:
            shares = [sum(n == length for n in part) / len(part) for length in lengths]
            figures = " | ".join(f"{share:.1%}" for share in (sum(shares), *shares))
            lines.append(f"| {kind} | {len(part):,} | {figures} |")
    return "\n".join(lines)


def coverage_page(
    found: Sequence[Coverage], max_expressions: int, command: str, cost: str, missed: int = 10
) -> str:
    """Formats the table, its command and cost, and random questions without a program."""
    without = [c for c in found if not c.expressions]
    shown = random.Random(0).sample(without, min(missed, len(without)))
    return "\n".join(
        [
            "# Coverage",
            "",
            "Share of the questions with a rewarded program, by kind of answer and by the number",
            f"of expressions of the shortest one. Written by `{command}`.",
            "",
            coverage_table(found, max_expressions),
            "",
            f"{cost}.",
            "",
            f"## Not found: {len(shown)} of {len(without):,}",
            "",
            *(f"- {c.example.id} ({c.kind})" for c in shown),
            "",
        ]
    )
