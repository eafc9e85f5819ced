"""Iterative maximum likelihood over the rewarded programs."""

from __future__ import annotations

from sparse_rl.estimators import functional as F
from sparse_rl.estimators.base import Estimator, Objective
from sparse_rl.estimators.batch import Plan, ScoredBatch, Stratum


class Iml(Estimator):
    """(1/|B|) sum over B of r(z) log pi(z): every rewarded program gets the same weight.

    The iterative maximum likelihood of Liang et al. (2017, Neural Symbolic Machines) and of
    MAPO (2018), over all of B. Covers all modes of B, including spurious programs.
    """

    def __init__(self, enumerate_up_to: int = 8, entropy_weight: float = 0.0) -> None:
        """Chooses the draws.

        Args:
            enumerate_up_to: programs of B scored for each example, the most probable first; the
                weight is uniform over these. More is exact for larger memories and costs
                scoring; fewer omits programs of low probability; 4 to 64.
            entropy_weight: weight of the entropy bonus, over B; 0 to 0.1.
        """
        super().__init__(Plan(enumerate_up_to=enumerate_up_to), entropy_weight)

    def objective(self, batch: ScoredBatch) -> Objective:
        """-(1/|B|) sum_{z in B} r log pi; zero where B is empty."""
        index_N, num = batch.example_N, batch.num_examples
        counts_N = (batch.stratum_N == Stratum.B) & (batch.reward_N > 0)
        member_N = counts_N.to(batch.log_prob_N.dtype)
        count_B = F.segment_sum(member_N, index_N, num)
        weight_N = member_N / count_B.clamp(min=1)[index_N]
        coefficient_N = weight_N * batch.reward_N
        loss_B, broken_B = F.surrogate(coefficient_N, batch.log_prob_N, index_N, num)
        return Objective(loss_B, weight_N, coefficient_N, count_B.clamp(max=1), broken_B)
