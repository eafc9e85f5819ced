"""Memory augmented policy optimisation (Liang et al., 2018)."""

from __future__ import annotations

from sparse_rl.estimators.base import BaselineName, Estimator, Objective, reinforced
from sparse_rl.estimators.batch import Plan, ScoredBatch
from sparse_rl.estimators.strata import check_unit_range, log_weights


class Mapo(Estimator):
    """w_B E_{pi in B}[r grad log pi] + (1 - w_B) E_{pi outside B}[r grad log pi].

    MAPO eq. 5 and 6, Algorithm 2, with w_B = max(pi_B, clip_low). Unbiased where
    pi_B >= clip_low and the whole of B is enumerated.
    """

    def __init__(
        self,
        clip_low: float = 0.1,
        fresh: int = 1,
        enumerate_up_to: int = 8,
        baseline: BaselineName = "none",
        entropy_weight: float = 0.0,
    ) -> None:
        """Chooses the strata and their coefficients.

        Args:
            clip_low: least coefficient of a non-empty B (the paper's alpha). More warms up
                faster and biases more; 0 (none) to 0.5, 1 trains on B alone.
            fresh: draws from the policy for each example, programs of B rejected. More lowers
                the variance outside B and costs decoding; 1 to 16.
            enumerate_up_to: programs of B scored for each example, the most probable first.
                More is exact for larger memories and costs scoring; 4 to 64.
            baseline: "none" as in the paper, or "mean", the example's mean reward
                (leave-one-out where sampled): less variance with several draws.
            entropy_weight: weight of the entropy bonus; 0 to 0.1.

        Raises:
            ValueError: clip_low is not within [0, 1].
        """
        check_unit_range("clip_low", 0.0, clip_low, 1.0)
        super().__init__(Plan(enumerate_up_to=enumerate_up_to, fresh=fresh), entropy_weight)
        self.clip_low = clip_low
        self.baseline: BaselineName = baseline

    def objective(self, batch: ScoredBatch) -> Objective:
        """MAPO eq. 6: the rewards under the weights of the strata."""
        log_weight_N, log_outer_B = log_weights(batch, self.clip_low, 1.0, replay_fraction=0.0)
        weighted_N = log_weight_N.exp() * batch.reward_N
        return reinforced(batch, weighted_N, log_weight_N, log_outer_B, self.baseline)
