"""Reward-augmented maximum likelihood (Norouzi et al., 2016)."""

from __future__ import annotations

import torch

from sparse_rl.bounds import PositiveAmount, bounded
from sparse_rl.estimators import functional as F
from sparse_rl.estimators.base import Estimator, Objective
from sparse_rl.estimators.batch import Plan, ScoredBatch, Stratum
from sparse_rl.estimators.strata import check_unit_range, log_weights


class Raml(Estimator):
    """E_q[log pi] with q(z) proportional to exp(r(z) / lam) (Norouzi et al., 2016).

    q is normalised over B, C and the fresh draws together. A program of B counts once; a draw
    outside B counts for a_i / pi(z) programs, the inverse of its sampling probability
    (self-normalised importance sampling). It is the family's objective with rho(t) = t = q / pi
    and a uniform prior.
    """

    @bounded
    def __init__(
        self,
        lam: PositiveAmount = 0.1,
        only_b: bool = False,
        enumerate_up_to: int = 8,
        replay_c: int = 1,
        fresh: int = 1,
        replay_fraction: float = 0.5,
        entropy_weight: float = 0.0,
    ) -> None:
        """Chooses the target and the draws that estimate it.

        Args:
            lam: temperature of the target. Less trusts the reward more: towards 0 only the
                highest reward of the example counts; more gives the many unrewarded programs
                more of the target; 0.01 to 1.
            only_b: whether q is normalised over B alone, w_B = 1: GACA's condition for this
                special case. There are no draws outside B then, and `lam` has no effect for
                rewards of 0 and 1.
            enumerate_up_to: programs of B scored for each example, the most probable first.
                More is exact for larger memories and costs scoring; 4 to 64.
            replay_c: draws from the example's stored unrewarded programs; 0 to 16.
            fresh: draws from the policy, programs of B rejected. More estimates the normaliser
                better and costs decoding; 0 to 16.
            replay_fraction: share of the mass outside B given to C instead of the fresh draws.
                More saves decoding where the memory is nearly complete, and omits that share of
                the unexplored mass; 0 to 1.
            entropy_weight: weight of the entropy bonus; 0 to 0.1.

        Raises:
            ValueError: an option is outside its range.
        """
        check_unit_range("replay_fraction", 0.0, replay_fraction, 1.0)
        outside = (0, 0) if only_b else (replay_c, fresh)
        super().__init__(Plan(enumerate_up_to, *outside), entropy_weight)
        self.lam = lam
        self.only_b = only_b
        self.replay_fraction = replay_fraction

    def objective(self, batch: ScoredBatch) -> Objective:
        """-sum_i q_i log pi_i; zero without draws."""
        index_N, num = batch.example_N, batch.num_examples
        in_b_N = batch.stratum_N == Stratum.B
        log_weight_N, _ = log_weights(batch, 0.0, 1.0, self.replay_fraction)
        if self.only_b:
            log_weight_N = torch.where(in_b_N, log_weight_N, -torch.inf)
        # a_i / pi(z): the number of programs that the sample represents.
        log_count_N = log_weight_N - batch.log_prob_N.detach()
        score_N = log_count_N + batch.reward_N / self.lam
        log_z_B = F.segment_logsumexp(score_N, index_N, num)
        log_z_B = torch.where(log_z_B > -torch.inf, log_z_B, 0.0)
        q_N = (score_N - log_z_B[index_N]).exp()
        loss_B, broken_B = F.surrogate(q_N, batch.log_prob_N, index_N, num)
        outer_B = F.segment_sum(torch.where(in_b_N, q_N, 0.0), index_N, num)
        return Objective(loss_B, log_weight_N.exp(), q_N, outer_B, broken_B)
