"""Probability that an answer is right, from what a beam and the question's words show.

A policy is sure of questions that are unlike its training, too. A logistic regression over a few
features, fitted by `experiments/calibrate_model.py`, is better calibrated.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sparse_rl.asking.found_programs import AnswerGroup, FoundProgram, answer_groups
from sparse_rl.asking.question_words import places_of, used_and_unused
from sparse_rl.asking.tables import OpenTable
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.program import Program
from sparse_rl.interpreters.tables.text import STOP_WORDS, stem

FEATURES = ("mass", "lead", "no_answer", "named", "unknown", "unused", "strange")
ANSWERABLE = 0.5
"""Calibrated probability from which on an answer is told, if the calibration has no other."""
_LEAST = 1e-4
"""Probabilities are cut here and at one less it, for their logarithms."""
_MOST = 2
"""Unknown words and unused constants that make a difference."""
_SHARED, _ENDING = 4, 3
"""Letters that related words share at least, and letters that may follow them."""


def features(
    found: Sequence[FoundProgram], opened: OpenTable, example: Example, known: frozenset[str]
) -> dict[str, float]:
    """Features of the most probable answer.

    - mass: logit of the probability of its programs.
    - lead: logit of its share in it and the next answer.
    - no_answer: logarithm of the probability that the table has no answer.
    - named: share of the columns that its program asks for or compares of which the question has a
      word.
    - unknown: number of words that are in neither the training's questions nor the table.
    - unused: number of constants of the question that the program does not use.
    - strange: number of names, codes and numbers of the question that the table does not have.

    Args:
        found: the most probable programs, of which one has an answer.
        opened: the table.
        example: the question.
        known: words of the training's questions.
    """
    first, *others = answer_groups(found)
    second = others[0].mass if others else 0.0
    none = sum(program.probability for program in found if program.answer is None)
    program = first.programs[0].program
    used, unused = used_and_unused(program, example)
    taken = places_of(used)
    free = [word for place, word in enumerate(example.tokens) if place not in taken]
    headers = _asked_headers(program, opened)
    return {
        "mass": _logit(first.mass),
        "lead": _logit(first.mass / max(first.mass + second, _LEAST)),
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


def is_named(header: str, words: Sequence[str]) -> bool:
    """Whether one of some words is in a header, up to its ending.

    >>> is_named("Shipped on", ["which", "shipments"]), is_named("Invoice", ["all", "invoices"])
    (False, True)
    """
    of_header = set(re.findall(r"[^\W\d_]+", header.lower())) - STOP_WORDS
    return any(_related(one, other) for one in of_header for other in words)


def _related(one: str, other: str) -> bool:
    longer, shorter = sorted((one, other), key=len, reverse=True)
    if stem(one) == stem(other):
        return True
    shared = next((i for i, c in enumerate(shorter) if c != longer[i]), len(shorter))
    same = longer in (shorter, f"{shorter}s")
    return same or (shared >= _SHARED and shared >= len(longer) - _ENDING)


def _logit(probability: float) -> float:
    inside = min(max(probability, _LEAST), 1 - _LEAST)
    return math.log(inside / (1 - inside))


@dataclass(frozen=True)
class Calibration:
    """A logistic regression from the features of an answer to the probability that it is right.

    Attributes:
        intercept: logit where all features are 0.
        weights: weight of every feature.
        answerable: probability from which on an answer is told as such.
    """

    intercept: float
    weights: Mapping[str, float]
    answerable: float = ANSWERABLE

    def confidence(self, found: Mapping[str, float]) -> float:
        """Probability that an answer with these features is right."""
        logit = self.intercept + sum(self.weights[name] * found[name] for name in FEATURES)
        return 1 / (1 + math.exp(-logit))


@dataclass(frozen=True)
class Finding:
    """What the policy found for a question.

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


def judged(
    programs: list[FoundProgram],
    opened: OpenTable,
    example: Example,
    known: frozenset[str],
    calibration: Calibration | None,
) -> Finding:
    """Judges what a beam has found.

    Args:
        programs: the most probable programs, best first.
        opened: the table.
        example: the question.
        known: words of the training's questions.
        calibration: calibration of the model; None to take its probabilities as they are.
    """
    groups = answer_groups(programs)
    if calibration is None:
        return Finding(programs, groups, groups[0].mass, programs[0].answer is not None)
    confidence = calibration.confidence(features(programs, opened, example, known))
    return Finding(programs, groups, confidence, confidence >= calibration.answerable)
