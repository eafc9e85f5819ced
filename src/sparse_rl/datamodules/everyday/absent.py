"""Questions that a table does not answer: about a column that other tables of its kind have."""

from __future__ import annotations

import random
from dataclasses import replace

from sparse_rl.datamodules.everyday.cells import draw
from sparse_rl.datamodules.everyday.queries import draw_query
from sparse_rl.datamodules.everyday.questions import EverydayQuestion
from sparse_rl.datamodules.everyday.tables import EverydayTable
from sparse_rl.datamodules.everyday.topics import TopicColumn
from sparse_rl.datamodules.everyday.wording import PATTERNS, QuestionWording
from sparse_rl.interpreters.tables.functions import NO_ANSWER

PROGRAM = "( no_answer all_rows ) <END>"
_DRAWS = 40


def draw_absent(rng: random.Random, table: EverydayTable) -> EverydayQuestion | None:
    """Draws a question that a table does not answer; None if this draw failed."""
    text = _of_the_topic(rng, table) if rng.random() < 0.6 else _of_another(rng, table)
    return None if text is None else EverydayQuestion(text, (NO_ANSWER,), (PROGRAM,))


def _of_the_topic(rng: random.Random, table: EverydayTable) -> str | None:
    """Asks about a column that tables of this topic often have, and this one has not."""
    words = {name.lower() for column in table.columns for name in column.headers}
    absent = [
        column
        for column in table.topic.columns
        if column not in table.columns and not words & {name.lower() for name in column.headers}
    ]
    if not absent:
        return None
    column = rng.choice(absent)
    wider = _with(rng, table, column)
    last = len(wider.columns) - 1
    for _ in range(_DRAWS):
        query = draw_query(rng, wider)
        if query is not None and last in (query.select, query.by):
            return QuestionWording(rng, wider).question(query)
    return None


def _with(rng: random.Random, table: EverydayTable, column: TopicColumn) -> EverydayTable:
    return replace(
        table,
        columns=(*table.columns, column),
        header=(*table.header, rng.choice(column.headers)),
        cells=(*table.cells, draw(rng, column, table.size)),
    )


def _of_another(rng: random.Random, table: EverydayTable) -> str | None:
    """Asks for something that no table of this topic has."""
    wording = QuestionWording(rng, table)
    return wording.of_a_row(rng.choice(PATTERNS["absent"]), rng.choice(PATTERNS["absent_nouns"]))
