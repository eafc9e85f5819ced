"""Hard expectation maximisation over the rewarded programs."""

from __future__ import annotations

import torch

from sparse_rl.bounds import Count, bounded
from sparse_rl.estimators import functional as F
from sparse_rl.estimators.base import Estimator, Objective
from sparse_rl.estimators.batch import Plan, ScoredBatch, Stratum


class HardEm(Estimator):
    """log pi of the most probable rewarded program, chosen again at every step.

    Min, Chen, Hajishirzi and Zettlemoyer (2019). Commits to one program of B, so that
    spurious programs get no weight; a wrong first choice may be final.
    """

    @bounded
    def __init__(self, enumerate_up_to: Count = 8, entropy_weight: float = 0.0) -> None:
        """Chooses the draws.

        Args:
            enumerate_up_to: programs of B scored for each example, the most probable first. The
                best is always among them: the number changes only cost and diagnostics; 1 to 64.
            entropy_weight: weight of the entropy bonus, over the chosen program; 0 to 0.1.

        Raises:
            ValueError: enumerate_up_to is below 1.
        """
        super().__init__(Plan(enumerate_up_to=enumerate_up_to), entropy_weight)

    def objective(self, batch: ScoredBatch) -> Objective:
        """-max_{z in B} log pi; ties share the weight; zero where B is empty."""
        index_N, num = batch.example_N, batch.num_examples
        counts_N = (batch.stratum_N == Stratum.B) & (batch.reward_N > 0)
        score_N = torch.where(counts_N, batch.log_prob_N.detach(), -torch.inf)
        best_N = counts_N & (score_N == F.segment_max(score_N, index_N, num)[index_N])
        chosen_N = best_N.to(score_N.dtype)
        count_B = F.segment_sum(chosen_N, index_N, num)
        weight_N = chosen_N / count_B.clamp(min=1)[index_N]
        loss_B, broken_B = F.surrogate(weight_N, batch.log_prob_N, index_N, num)
        return Objective(loss_B, weight_N, weight_N, count_B.clamp(max=1), broken_B)
