"""Programs that a policy found for a question, with their steps on the table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.interpreters.tables.table import Scalar


@dataclass(frozen=True)
class TraceStep:
    """An expression and its value on the table.

    Attributes:
        expression: text of the expression.
        name: variable bound to the rows; None for an answer.
        rows: indices from 0, in the table's order; None for an answer.
        values: the answer; None for rows.
        phrase: what it computes, in words.
    """

    expression: str
    name: str | None
    rows: tuple[int, ...] | None
    values: tuple[Scalar, ...] | None
    phrase: str = field(default="", compare=False)

    def to_dict(self) -> dict[str, Any]:
        if self.rows is None:
            return {"expression": self.expression, "values": _plain(self.values or ())}
        return {"expression": self.expression, "name": self.name, "rows": list(self.rows)}


def _plain(values: Sequence[Scalar]) -> list[Scalar]:
    """Values that JSON has: a sum beyond all numbers becomes text."""
    return [str(v) if isinstance(v, float) and not math.isfinite(v) else v for v in values]


@dataclass(frozen=True)
class Candidate:
    """A program that the policy found for a question.

    Attributes:
        program: text of the program.
        probability: probability under the policy, 0 to 1.
        sql: equivalent query for sqlite and DuckDB, on the table imported as `t` with every cell as
            text; None if there is none.
        trace: a step per expression.
        columns: columns of the original table that the program names.
        sentence: what it computes, in words.
        used: constants of the question that it uses, as the question has them.
        unused: those that it does not use.
        conditions: words of the question with the condition that they are taken for.
    """

    program: str
    probability: float
    sql: str | None
    trace: tuple[TraceStep, ...]
    columns: tuple[int, ...]
    sentence: str = ""
    used: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    conditions: tuple[tuple[str, str], ...] = ()

    @property
    def answer(self) -> tuple[Scalar, ...]:
        """Denotation of the program; dates as text, words in the table's spelling."""
        values = self.trace[-1].values
        assert values is not None
        return values

    def to_dict(self) -> dict[str, Any]:
        return {
            "program": self.program,
            "probability": self.probability,
            "answer": _plain(self.answer),
            "sql": self.sql,
            "trace": [step.to_dict() for step in self.trace],
            "sentence": self.sentence,
            "constants": {
                "used": list(self.used),
                "unused": list(self.unused),
                "conditions": [list(condition) for condition in self.conditions],
            },
        }


@dataclass(frozen=True)
class AnswerReading:
    """An answer, with the best of the programs that give it.

    Attributes:
        program: the most probable program with the answer.
        probability: probability that the question asks for this answer.
    """

    program: Candidate
    probability: float

    @property
    def answer(self) -> tuple[Scalar, ...]:
        return self.program.answer

    def to_dict(self) -> dict[str, Any]:
        return {
            "answer": _plain(self.answer),
            "probability": self.probability,
            "sentence": self.program.sentence,
            "program": self.program.program,
        }


@dataclass(frozen=True, eq=False)
class RankedPrograms:
    """Question with its most probable programs, for all views.

    Attributes:
        question: text of the question.
        table: text of the table.
        programs: that of the first reading, then the most probable others.
        readings: the different answers with their probabilities, the answer first.
        answerable: whether the table seems to have the answer: if not, the answer is that of the
            closest reading.
        notes: what was chosen in reading the table, what contradicts it, and words that were not
            understood, a line each.
        not_understood: words of the question that look like constants and are none.
    """

    question: str
    table: TextTable
    programs: tuple[Candidate, ...]
    readings: tuple[AnswerReading, ...]
    answerable: bool = True
    notes: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()

    @property
    def answer(self) -> tuple[Scalar, ...]:
        """Answer of the first reading."""
        return self.programs[0].answer

    @property
    def confidence(self) -> float:
        """Probability that the answer is right."""
        return self.readings[0].probability

    @property
    def program(self) -> str:
        return self.programs[0].program

    @property
    def probability(self) -> float:
        """Probability of the first program alone, under the policy."""
        return self.programs[0].probability

    @property
    def sql(self) -> str | None:
        return self.programs[0].sql

    @property
    def trace(self) -> tuple[TraceStep, ...]:
        return self.programs[0].trace

    def to_dict(self) -> dict[str, Any]:
        """Everything but the table, in types of JSON."""
        best, *_ = programs = [program.to_dict() for program in self.programs]
        return {
            "question": self.question,
            **best,
            "answerable": self.answerable,
            "confidence": self.confidence,
            "readings": [reading.to_dict() for reading in self.readings],
            "not_understood": list(self.not_understood),
            "programs": programs,
            "notes": list(self.notes),
        }
