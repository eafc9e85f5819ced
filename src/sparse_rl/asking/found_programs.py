"""The most probable programs of questions about a table, and the answers that they share."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from sparse_rl.asking.tables import OpenTable
from sparse_rl.interpreters.tables.answers import Gold
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.program import ExecutedExpression, Program, run_program
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.modules.decoding import beam
from sparse_rl.modules.tables.policy import TablePolicy

BEAM_WIDTH = 10


@dataclass(frozen=True, eq=False)
class FoundProgram:
    """A program that the policy found.

    Attributes:
        program: the program.
        probability: its probability under the policy.
        steps: its expressions with their values.
        answer: its answer, equal for programs that say the same; None if it says that the table
            has no answer.
    """

    program: Program
    probability: float
    steps: tuple[ExecutedExpression, ...]
    answer: Hashable | None

    def is_right(self, gold: Gold) -> bool:
        """Whether a gold answer is the program's."""
        value = self.steps[-1].value
        return isinstance(value, tuple) and gold.accepts(value)


@dataclass(frozen=True)
class AnswerGroup:
    """Programs with the same answer.

    Attributes:
        programs: the programs, the most probable first.
        probability: probability of the answer among those found: `mass`, or by a `Ranking`.
    """

    programs: tuple[FoundProgram, ...]
    probability: float

    @property
    def mass(self) -> float:
        """Probability of the programs together, under the policy."""
        return sum(found.probability for found in self.programs)


def find_programs(
    policy: TablePolicy,
    language: Language,
    opened: OpenTable,
    examples: Sequence[Example],
    width: int = BEAM_WIDTH,
) -> list[list[FoundProgram]]:
    """Finds the most probable programs of every question, the best first.

    Args:
        policy: probabilities of programs.
        language: language of the programs.
        opened: the table.
        examples: questions on it.
        width: width of the beam.
    """
    worlds = [TableWorld(example, language) for example in examples]
    beams = beam(policy, policy.encode(examples), worlds, width)
    found = []
    for world, hypotheses in zip(worlds, beams, strict=True):
        programs = [world.program(h.trajectory.actions) for h in hypotheses]
        steps = [run_program(program, opened.table, language) for program in programs]
        found.append(
            [
                FoundProgram(p, math.exp(h.log_prob), s, _answer(opened, s[-1]))
                for p, h, s in zip(programs, hypotheses, steps, strict=True)
            ]
        )
    return found


def answer_groups(programs: Sequence[FoundProgram]) -> list[AnswerGroup]:
    """Groups programs by answer, the most probable group first; `no_answer` is no answer.

    Args:
        programs: the most probable programs, best first.
    """
    groups: dict[Hashable, list[FoundProgram]] = {}
    for found in programs:
        if found.answer is not None:
            groups.setdefault(found.answer, []).append(found)
    made = [AnswerGroup(tuple(g), sum(one.probability for one in g)) for g in groups.values()]
    return sorted(made, key=lambda group: -group.probability)


def _answer(opened: OpenTable, last: ExecutedExpression) -> Hashable | None:
    """The values of an answer; None for "no answer"."""
    if last.expression.function == "no_answer":
        return None
    assert isinstance(last.value, tuple)
    column = opened.last_column(last.expression)
    return opened.cells.as_values(last.value, column)
