"""Questions that a table does not answer: about columns and rows that it does not have."""

from __future__ import annotations

import random
from dataclasses import replace

from sparse_rl.datamodules.everyday.cells import DrawnColumn, draw
from sparse_rl.datamodules.everyday.patterns import PATTERNS
from sparse_rl.datamodules.everyday.queries import draw_query
from sparse_rl.datamodules.everyday.questions import EverydayQuestion
from sparse_rl.datamodules.everyday.tables import EverydayTable
from sparse_rl.datamodules.everyday.topics import TopicColumn
from sparse_rl.datamodules.everyday.wording import QuestionWording
from sparse_rl.interpreters.tables.functions import NO_ANSWER

PROGRAM = "( no_answer all_rows ) <END>"
_DRAWS = 40


def draw_absent(rng: random.Random, table: EverydayTable) -> EverydayQuestion | None:
    """Draws a question that a table does not answer; None if this draw failed."""
    (draw_text,) = rng.choices(
        (_of_the_topic, _of_another, _anything, _of_a_stranger), (8, 4, 5, 3)
    )
    text = draw_text(rng, table)
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
        header=(*table.header, (name := rng.choice(column.headers))),
        written=(*table.written, name),
        cells=(*table.cells, draw(rng, column, table.size)),
    )


def _anything(rng: random.Random, table: EverydayTable) -> str | None:
    """Asks what people may ask of anything, unless a header seems to have it."""
    asked = rng.choice(PATTERNS["absent_asks"])
    text, *unless = asked.split(" | ")
    headers = " ".join((*table.header, *(h for c in table.columns for h in c.headers))).lower()
    if any(word in headers for words in unless for word in words.split()):
        return None
    return QuestionWording(rng, table).of_a_row(text, "")


def _of_a_stranger(rng: random.Random, table: EverydayTable) -> str | None:
    """Asks about a row that the table does not have."""
    key = table.key
    if key is None:
        return None
    column, known = table.columns[key], table.cells[key]
    stranger, *_ = draw(rng, column, 1, True).texts
    if stranger in known.texts:
        return None
    row = rng.randrange(table.size)
    texts = (*known.texts[:row], stranger, *known.texts[row + 1 :])
    cells = (*table.cells[:key], DrawnColumn(texts, texts), *table.cells[key + 1 :])
    other = replace(table, cells=cells)
    for _ in range(_DRAWS):
        query = draw_query(rng, other)
        named = query is not None and any(c.value == stranger for c in query.conditions)
        if query is not None and (named or row in query.rows):
            return QuestionWording(rng, other).question(query)
    return None


def _of_another(rng: random.Random, table: EverydayTable) -> str | None:
    """Asks for something that no table of this topic has."""
    wording = QuestionWording(rng, table)
    return wording.of_a_row(rng.choice(PATTERNS["absent"]), rng.choice(PATTERNS["absent_nouns"]))
