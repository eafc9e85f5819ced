"""MAPO with an auxiliary reward of fixed parameters (BoRL; Agarwal et al., 2019)."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch

from sparse_rl.errors import DataError
from sparse_rl.estimators.auxiliary import best_scores, needed_features, share_scores
from sparse_rl.estimators.base import BaselineName, Objective
from sparse_rl.estimators.batch import ScoredBatch
from sparse_rl.estimators.mapo import Mapo
from sparse_rl.estimators.score import LinearScore, RewardScore

Rule = Literal["multiply", "best"]


class Borl(Mapo):
    """MAPO whose rewards are multiplied by a score of (question, program).

    The score's parameters phi are fixed in training; `sparse-rl borl` chooses them by Bayesian
    optimisation of the dev accuracy (BoRL). With phi = 0 this is MAPO.
    """

    features = True

    def __init__(
        self,
        phi: list[float] | str,
        score: RewardScore | None = None,
        rule: Rule = "multiply",
        clip_low: float = 0.1,
        fresh: int = 1,
        enumerate_up_to: int = 8,
        baseline: BaselineName = "none",
        entropy_weight: float = 0.0,
    ) -> None:
        """Chooses the auxiliary reward and the strata.

        Args:
            phi: the score's parameters, or a JSON file with their list. Features lie within
                [0, 1]; parameters of -5 to 5 make odds of up to e^5 between two programs.
            score: the score of a program's features; None for a `LinearScore`, which has one
                parameter per feature.
            rule: "multiply" by the program's share among the question's programs (a softmax with
                mean one), or keep the "best" programs only, with ties.
            clip_low: least coefficient of a non-empty B; see `Mapo`.
            fresh: draws from the policy for each example, programs of B rejected; 1 to 16.
            enumerate_up_to: programs of B scored for each example; 4 to 64.
            baseline: "none", or "mean"; see `Mapo`.
            entropy_weight: weight of the entropy bonus; 0 to 0.1.

        Raises:
            DataError: the file is not a JSON list of numbers.
            ValueError: a parameter is not finite, their number is not the score's, or clip_low is
                not within [0, 1].
        """
        super().__init__(clip_low, fresh, enumerate_up_to, baseline, entropy_weight)
        numbers = _read(Path(phi)) if isinstance(phi, str) else phi
        if not all(map(math.isfinite, numbers)):
            raise ValueError(f"set phi to finite numbers: got {numbers}")
        self.score = score or LinearScore()
        if self.score.size not in (None, len(numbers)):
            raise ValueError(
                f"give phi the {self.score.size} numbers of {type(self.score).__name__}: "
                f"got {len(numbers)}"
            )
        self.phi_P = torch.tensor(numbers, dtype=torch.float64)
        self.rule: Rule = rule

    def objective(self, batch: ScoredBatch) -> Objective:
        """MAPO eq. 6 with the rewards times their factors."""
        phi_P = self.phi_P.to(batch.reward_N)
        score_N = self.score(phi_P, needed_features(batch))
        factors = share_scores if self.rule == "multiply" else best_scores
        return super().objective(replace(batch, reward_N=batch.reward_N * factors(score_N, batch)))


def _read(path: Path) -> list[float]:
    try:
        numbers = json.loads(path.read_text(encoding="utf-8"))
        return [float(number) for number in numbers]
    except (OSError, TypeError, ValueError) as error:
        raise DataError(f"give phi a JSON file with a list of numbers: {error} ({path})") from None
