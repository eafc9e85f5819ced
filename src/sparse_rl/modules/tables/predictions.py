"""Predictions for questions over tables, in the format of `predict`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.program import format_program, run_program
from sparse_rl.interpreters.tables.sql import sql_if_any
from sparse_rl.interpreters.tables.table import Cell, Scalar
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.world import Trajectory


class Prediction(TypedDict):
    """A line of `predictions.jsonl`.

    Answer and reward are None where the answer is unknown. SQL runs on `ImportedTable.of_views` of
    the table; it is None where there is none.
    """

    id: str
    question: str
    program: str
    denotation: list[Scalar]
    answer: list[Scalar] | None
    reward: float | None
    log_prob: float
    sql: str | None


def prediction(
    example: Example, language: Language, trajectory: Trajectory, log_prob: float
) -> Prediction:
    """Describes a program found for an example, with its denotation and its SQL."""
    program = TableWorld(example, language).program(trajectory.actions)
    denotation = run_program(program, example.table, language)[-1].value
    assert isinstance(denotation, tuple)
    return {
        "id": example.id,
        "question": example.question,
        "program": format_program(program),
        "denotation": _plain(denotation),
        "answer": None if example.answer is None else _plain(example.answer.as_given()),
        "reward": None if example.answer is None else trajectory.reward,
        "log_prob": log_prob,
        "sql": sql_if_any(program, example.table, language),
    }


def _plain(values: Iterable[Cell]) -> list[Scalar]:
    return [str(value) if isinstance(value, Date) else value for value in values]
