"""Probability that an answer is right, from what a beam and the question's words show.

A policy is sure of questions that are unlike its training, too. A logistic regression over a few
features, fitted by `experiments/calibrate_model.py`, is better calibrated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sparse_rl.asking.found_programs import AnswerGroup, FoundProgram
from sparse_rl.asking.header_names import is_named
from sparse_rl.asking.question_words import places_of, used_and_unused
from sparse_rl.asking.tables import OpenTable
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.program import Program

FEATURES = ("mass", "lead", "no_answer", "named", "unknown", "unused", "strange")
ANSWERABLE = 1 / 3
"""Calibrated probability from which on an answer is told as such: half as probable as not."""
_LEAST = 1e-4
"""Probabilities are cut here and at one less it, for their logarithms."""
_MOST = 2
"""Unknown words and unused constants that make a difference."""


def features(
    found: Sequence[FoundProgram],
    groups: Sequence[AnswerGroup],
    opened: OpenTable,
    example: Example,
    known: frozenset[str],
) -> dict[str, float]:
    """Features of the first answer.

    - mass: logit of the probability of its programs under the policy.
    - lead: logit of its share in the probabilities of it and the next answer.
    - no_answer: logarithm of the probability that the table has no answer.
    - named: share of the columns that its program asks for or compares of which the question has a
      word.
    - unknown: number of words that are in neither the training's questions nor the table.
    - unused: number of constants of the question that the program does not use.
    - strange: number of names, codes and numbers of the question that the table does not have.

    Args:
        found: the most probable programs, of which one has an answer.
        groups: their answers, the most probable first.
        opened: the table.
        example: the question.
        known: words of the training's questions.
    """
    first, *others = groups
    second = others[0].probability if others else 0.0
    none = sum(program.probability for program in found if program.answer is None)
    program = first.programs[0].program
    used, unused = used_and_unused(program, example)
    taken = places_of(used)
    free = [word for place, word in enumerate(example.tokens) if place not in taken]
    headers = _asked_headers(program, opened)
    return {
        "mass": _logit(first.mass),
        "lead": _logit(first.probability / max(first.probability + second, _LEAST)),
        "no_answer": math.log(none + _LEAST),
        "named": sum(is_named(h, free) for h in headers) / len(headers) if headers else 1.0,
        "unknown": float(min(_unknown(example, opened, known), _MOST)),
        "unused": float(min(len(unused), _MOST)),
        "strange": float(min(len(opened.not_understood(example)), _MOST)),
    }


def _asked_headers(program: Program, opened: OpenTable) -> list[str]:
    """Headers of the columns of a program, without those that hold the names of rows."""
    asked = (e for e in program if e.function not in ("filter_in", "filter_not_in"))
    columns = [opened.last_column(expression) for expression in asked]
    return [opened.table.header[column] for column in columns if column is not None]


def _unknown(example: Example, opened: OpenTable, known: frozenset[str]) -> int:
    taken = places_of(example.constants)
    words = [
        word
        for place, word in enumerate(example.tokens)
        if place not in taken and word.isalpha() and word not in known
    ]
    return sum(not any(is_named(header, [word]) for header in opened.text.header) for word in words)


def _logit(probability: float) -> float:
    inside = min(max(probability, _LEAST), 1 - _LEAST)
    return math.log(inside / (1 - inside))


@dataclass(frozen=True)
class Calibration:
    """A logistic regression from the features of an answer to the probability that it is right.

    Attributes:
        intercept: logit where all features are 0.
        weights: weight of every feature.
    """

    intercept: float
    weights: Mapping[str, float]

    def confidence(self, found: Mapping[str, float]) -> float:
        """Probability that an answer with these features is right."""
        logit = self.intercept + sum(self.weights[name] * found[name] for name in FEATURES)
        return 1 / (1 + math.exp(-logit))
