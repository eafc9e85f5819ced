"""Direct policy gradients (Lorberbom et al., 2020, arXiv 1906.06062)."""

from __future__ import annotations

from sparse_rl.estimators import functional as F
from sparse_rl.estimators.base import Estimator, Objective
from sparse_rl.estimators.batch import Plan, ScoredBatch, Stratum
from sparse_rl.exploration.direct import DirectSearch


class DirPg(Estimator):
    """(1/epsilon) (grad log pi(a_dir) - grad log pi(a_opt)), both under the same Gumbel noise.

    Eq. 10. With a complete search its expectation is the gradient of
    (1/epsilon) log E_pi[exp(epsilon R)] (eq. 11): of E_pi[R] as epsilon -> 0, of MML's objective
    for rewards of 0 and 1 as epsilon -> infinity. a_opt is a draw from the policy, a_dir the
    search result for argmax (log pi + noise + epsilon R). Without an improvement the gradient is
    zero.
    """

    def __init__(
        self,
        epsilon: float = 10.0,
        alpha: float = 1.0,
        budget: int = 50,
        first_improvement: bool = True,
        entropy_weight: float = 0.0,
    ) -> None:
        """Chooses the search.

        Args:
            epsilon: weight of the reward against the noise, not 0. Small values make differences
                rare and large in the gradient; with rewards of 0 and 1, 3 to 10. Below 0 it
                avoids risk, which needs lower bounds on rewards: not for programs.
            alpha: weight of the bound on the remaining reward in the search order; 0 to 1.
            budget: world steps for each example. More finds more improvements at more cost of
                policy and interpreter; 30 to 1000.
            first_improvement: whether to stop at the first improvement instead of the greatest:
                cheaper, but the expectation is not exactly eq. 11's.
            entropy_weight: weight of the entropy bonus, over a_opt; 0 to 0.1.

        Raises:
            ValueError: an option is out of its range.
        """
        direct = DirectSearch(epsilon, alpha, budget, first_improvement)
        super().__init__(Plan(enumerate_up_to=0, direct=direct), entropy_weight)
        self.epsilon = epsilon

    def objective(self, batch: ScoredBatch) -> Objective:
        """-(1/epsilon) (log pi(a_dir) - log pi(a_opt)), zero without an improvement."""
        index_N, num = batch.example_N, batch.num_examples
        opt_N = (batch.stratum_N == Stratum.FRESH).to(batch.log_prob_N.dtype)
        direct_N = (batch.stratum_N == Stratum.DIRECT).to(opt_N.dtype)
        improved_B = F.segment_sum(direct_N, index_N, num)
        coefficient_N = (direct_N - opt_N * improved_B[index_N]) / self.epsilon
        loss_B, broken_B = F.surrogate(coefficient_N, batch.log_prob_N, index_N, num)
        no_b_B = improved_B.new_zeros(num)
        share = {"improved": improved_B.mean()}
        return Objective(loss_B, opt_N, coefficient_N, no_b_B, broken_B, share)
