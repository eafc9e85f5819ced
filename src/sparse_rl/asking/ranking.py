"""A second ranking of the answers that a beam has found, by what the question's words say.

A beam has the right answer among its first ten far more often than at its head. A log-linear model
over a few features ranks a parser's best hypotheses anew, as in Collins and Koo, "Discriminative
Reranking for Natural Language Parsing" (2005); `experiments/calibrate_model.py` fits it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sparse_rl.asking.evidence import EVIDENCE, Evidence
from sparse_rl.asking.found_programs import AnswerGroup
from sparse_rl.asking.tables import OpenTable
from sparse_rl.interpreters.tables.example import Example


@dataclass(frozen=True)
class Ranking:
    """A log-linear model of which of some answers is right.

    Attributes:
        weights: weight of every feature of `EVIDENCE`.
    """

    weights: Mapping[str, float]

    def ranked(
        self, groups: Sequence[AnswerGroup], opened: OpenTable, example: Example
    ) -> list[AnswerGroup]:
        """Ranks answers, the most probable first; together they stay as probable as they were.

        Args:
            groups: the answers of one question, at least one.
            opened: the table.
            example: the question.
        """
        evidence = Evidence(opened, example)
        scores = [self._score(evidence.of(group)) for group in groups]
        highest = max(scores)
        shares = [math.exp(score - highest) for score in scores]
        scale = sum(group.mass for group in groups) / sum(shares)
        ranked = [
            replace(group, probability=scale * share)
            for group, share in zip(groups, shares, strict=True)
        ]
        return sorted(ranked, key=lambda group: -group.probability)

    def _score(self, found: Mapping[str, float]) -> float:
        return sum(self.weights[name] * found[name] for name in EVIDENCE)
