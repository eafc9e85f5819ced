"""Programs that a policy found for a question, with their steps on the table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
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
    """

    expression: str
    name: str | None
    rows: tuple[int, ...] | None
    values: tuple[Scalar, ...] | None

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
    """

    program: str
    probability: float
    sql: str | None
    trace: tuple[TraceStep, ...]
    columns: tuple[int, ...]
    sentence: str = ""
    used: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

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
            "constants": {"used": list(self.used), "unused": list(self.unused)},
        }


@dataclass(frozen=True, eq=False)
class RankedPrograms:
    """Question with its most probable programs, for all views.

    Attributes:
        question: text of the question.
        table: text of the table.
        programs: the most probable programs, best first.
        notes: what was chosen in reading the table, what contradicts it, and words that were not
            understood, a line each.
        not_understood: words of the question that look like constants and are none.
    """

    question: str
    table: TextTable
    programs: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()

    @property
    def answer(self) -> tuple[Scalar, ...]:
        """Answer of the most probable program."""
        return self.programs[0].answer

    @property
    def program(self) -> str:
        return self.programs[0].program

    @property
    def probability(self) -> float:
        return self.programs[0].probability

    @property
    def sql(self) -> str | None:
        return self.programs[0].sql

    @property
    def trace(self) -> tuple[TraceStep, ...]:
        return self.programs[0].trace

    @property
    def disagreeing(self) -> Candidate | None:
        """The most probable program with another answer; None if there is none among them."""
        mine = set(map(str, self.answer))
        others = (c for c in self.programs[1:] if set(map(str, c.answer)) != mine)
        return next(others, None)

    def to_dict(self) -> dict[str, Any]:
        """Everything but the table, in types of JSON."""
        best, *_ = programs = [program.to_dict() for program in self.programs]
        other = self.disagreeing
        return {
            "question": self.question,
            **best,
            "not_understood": list(self.not_understood),
            "disagreeing": None if other is None else other.to_dict(),
            "programs": programs,
            "notes": list(self.notes),
        }
