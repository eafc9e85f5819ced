"""Questions with their programs and answers, over everyday tables as the package reads them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from sparse_rl.datamodules.everyday.programs import (
    Comparator,
    Filter,
    Intent,
    WrittenAnswer,
    programs_of,
)
from sparse_rl.datamodules.everyday.queries import (
    EverydayCondition,
    EverydayQuery,
    draw_query,
    equal,
    matching,
)
from sparse_rl.datamodules.everyday.tables import EverydayTable
from sparse_rl.datamodules.everyday.wording import QuestionWording
from sparse_rl.datamodules.tables.reading import ReadTable
from sparse_rl.interpreters.tables.language import Language


@dataclass(frozen=True)
class EverydayQuestion:
    """A question over a table.

    Attributes:
        text: the question.
        answer: the answer, cells as the table writes them.
        programs: programs that say what the question says, with that answer.
    """

    text: str
    answer: WrittenAnswer
    programs: tuple[str, ...]


def draw_question(
    rng: random.Random, table: EverydayTable, read: ReadTable, language: Language
) -> EverydayQuestion | None:
    """Draws a question; None if this draw failed.

    Args:
        rng: source of the draws.
        table: the table as generated.
        read: the same table as the package reads it.
        language: language of the programs.
    """
    query = draw_query(rng, table)
    text = QuestionWording(rng, table).question(query) if query is not None else None
    if query is None or text is None:
        return None
    example = read.example("generated", text)
    found = programs_of(_intent(query, table), read, example, language)
    return EverydayQuestion(text, found[1], found[0]) if found is not None else None


def _intent(query: EverydayQuery, table: EverydayTable) -> Intent:
    name = query.by if query.shape == "diff" else query.select
    rows = []
    for row in query.rows:
        assert name is not None
        rows.append(equal(name, table.cells[name].values[row]))
    return Intent(
        query.shape,
        tuple(_filter(bound, table) for c in query.conditions for bound in c.bounds),
        query.select,
        None if query.shape == "diff" else query.by,
        tuple(_filter(condition, table) for condition in rows),
    )


def _filter(condition: EverydayCondition, table: EverydayTable) -> Filter:
    rows = sum(1 << row for row in matching(table, (condition,)))
    number = condition.value if isinstance(condition.value, int | float) else None
    relation: Comparator
    match condition.relation:
        # A constant of two texts says "or", and one of its own that there is no value.
        case "or" | "ends" | "empty":
            relation = "eq"
        case "filled":
            relation = "ne"
        case "between":
            raise AssertionError("give the bounds of a condition, not the condition")
        case comparator:
            relation = comparator
    return Filter(condition.column, relation, rows, number)
