"""Judges what a beam has found: which answer is right, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

from sparse_rl.asking.confidence import ANSWERABLE, Calibration, features
from sparse_rl.asking.found_programs import AnswerGroup, FoundProgram, answer_groups
from sparse_rl.asking.ranking import AnswerRanking
from sparse_rl.asking.tables import OpenTable
from sparse_rl.interpreters.tables.example import Example


@dataclass(frozen=True)
class Finding:
    """What was found for a question.

    Attributes:
        programs: the most probable programs, best first.
        groups: their answers, the most probable first.
        confidence: probability that the first answer is right.
        answerable: whether the table seems to have the answer.
    """

    programs: list[FoundProgram]
    groups: list[AnswerGroup]
    confidence: float
    answerable: bool


@dataclass(frozen=True)
class Judge:
    """Judge of a model's answers.

    Attributes:
        ranking: ranking of the answers; None for the policy's.
        calibration: calibration of their probabilities; None to take them as they are.
    """

    ranking: AnswerRanking | None = None
    calibration: Calibration | None = None

    def judged(
        self,
        programs: list[FoundProgram],
        opened: OpenTable,
        example: Example,
        known: frozenset[str],
    ) -> Finding:
        """Judges the programs of a beam.

        Args:
            programs: the most probable programs, best first.
            opened: the table.
            example: the question.
            known: words of the training's questions.
        """
        groups = answer_groups(programs)
        if self.ranking is not None:
            groups = self.ranking.ranked(groups, opened, example)
        if self.calibration is None:
            answerable = programs[0].answer is not None
            return Finding(programs, groups, groups[0].probability, answerable)
        found = features(programs, groups, opened, example, known)
        confidence = self.calibration.confidence(found)
        return Finding(programs, groups, confidence, confidence >= ANSWERABLE)
