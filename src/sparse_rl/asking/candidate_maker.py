"""Candidates of an answer: programs with their values, sentence and SQL."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from sparse_rl.asking.candidates import Candidate, TraceStep
from sparse_rl.asking.found_programs import FoundProgram
from sparse_rl.asking.question_words import QuestionWords, used_and_unused
from sparse_rl.asking.sentence import FILTERS, SentenceWriter, sentence_of
from sparse_rl.asking.tables import OpenTable
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.program import (
    ExecutedExpression,
    Program,
    format_expression,
    format_program,
)
from sparse_rl.interpreters.tables.sql import sql_if_any


class CandidateMaker:
    """Makes the candidates of one question.

    Args:
        opened: the table.
        example: the question on it.
        language: language of the programs.
    """

    def __init__(self, opened: OpenTable, example: Example, language: Language) -> None:
        self._opened, self._example, self._language = opened, example, language
        self._words = QuestionWords.of(example)
        self._writer = SentenceWriter(opened, self._words.by_value(example.constants))

    def make(self, found: FoundProgram) -> Candidate:
        """Says what a program does."""
        opened, program = self._opened, found.program
        named = {place for e in program for place in opened.named_columns(e)}
        columns = {opened.sources[place] for place in named}
        used, unused = used_and_unused(program, self._example)
        phrases = self._writer.phrases(found.steps)
        return Candidate(
            format_program(program),
            found.probability,
            sql_if_any(program, opened.table, self._language, opened.imported),
            tuple(map(self._step, count(), found.steps, phrases)),
            tuple(sorted(columns)),
            sentence_of(phrases[-1]),
            self._words.widest(used),
            self._words.widest(unused),
            tuple(self._conditions(program)),
        )

    def _step(self, index: int, step: ExecutedExpression, phrase: str) -> TraceStep:
        text, value = format_expression(step.expression), step.value
        if isinstance(value, int):
            return TraceStep(text, f"v{index}", self._opened.table.indices(value), None, phrase)
        column = self._opened.last_column(step.expression)
        return TraceStep(text, None, None, self._opened.cells.spelled(value, column), phrase)

    def _conditions(self, program: Program) -> Iterator[tuple[str, str]]:
        """Words of the question with the condition that a filter takes them for."""
        by_value = {constant.value: constant for constant in self._example.constants}
        for expression in program:
            value = expression.arguments[0] if expression.function in FILTERS else ""
            constant = None if isinstance(value, str) else by_value.get(value)
            if constant is not None:
                yield self._words.compared(constant), self._writer.condition(expression)
