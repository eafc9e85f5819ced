"""Maximum marginal likelihood over the rewarded programs."""

from __future__ import annotations

import torch

from sparse_rl.estimators import functional as F
from sparse_rl.estimators.base import Estimator, Objective
from sparse_rl.estimators.batch import Plan, ScoredBatch, Stratum


class Mml(Estimator):
    """log sum over B of r(z) pi(z): gradient weights pi(z) / pi_B for binary rewards.

    Equals the family's objective with rho = 1 and w_B = 1.
    """

    def __init__(self, enumerate_up_to: int = 8, entropy_weight: float = 0.0) -> None:
        """Chooses the draws.

        Args:
            enumerate_up_to: programs of B scored for each example, the most probable first.
                More is exact for larger memories and costs scoring; 4 to 64.
            entropy_weight: weight of the entropy bonus, over B; 0 to 0.1.
        """
        super().__init__(Plan(enumerate_up_to=enumerate_up_to), entropy_weight)

    def objective(self, batch: ScoredBatch) -> Objective:
        """-log sum_{z in B} r pi; zero where no program of B is rewarded."""
        num = batch.num_examples
        counts_N = (batch.stratum_N == Stratum.B) & (batch.reward_N > 0)
        score_N = torch.where(counts_N, batch.log_prob_N + batch.reward_N.log(), -torch.inf)
        log_sum_B = F.segment_logsumexp(score_N, batch.example_N, num)
        has_B = log_sum_B > -torch.inf
        safe_B = torch.where(has_B, log_sum_B, 0.0)
        weight_N = (score_N - safe_B[batch.example_N]).detach().exp()
        broken_B = torch.zeros_like(has_B)
        return Objective(-safe_B, weight_N, weight_N, has_B.to(safe_B.dtype), broken_B)
