"""On-policy REINFORCE (Williams, 1992)."""

from __future__ import annotations

from typing import Literal

import torch

from sparse_rl.estimators import functional as F
from sparse_rl.estimators.base import Estimator, Objective, reinforced
from sparse_rl.estimators.batch import Plan, ScoredBatch, Stratum

ReinforceBaseline = Literal["none", "mean", "leave_one_out", "group"]

# Added to the standard deviation of a group, which may be 0.
_LEAST_DEVIATION = 1e-4


class Reinforce(Estimator):
    """(1/n) sum_i sg(r_i - b_i) grad log pi_i over n draws from the policy: E_pi[r].

    Williams (1992). It does not use the memory: a draw counts whether it is in B or not, and B is
    scored for the diagnostics only.
    """

    def __init__(
        self,
        fresh: int = 8,
        baseline: ReinforceBaseline = "leave_one_out",
        entropy_weight: float = 0.01,
    ) -> None:
        """Chooses the number of draws and the baseline of their rewards.

        Args:
            fresh: draws from the policy for each example. More lowers the variance and costs
                decoding; 1 to 64.
            baseline: "none"; "mean", the mean reward of the example's draws, which scales the
                expected gradient by 1 - 1/fresh and needs 2 draws; or "leave_one_out", the mean
                of the other draws (Kool, van Hoof and Welling, 2019), unbiased, and the same as
                "none" with a single draw. Both baselines lower the variance. "group" is GRPO's
                advantage (DeepSeekMath; Shao et al., 2024), (r - mean) / (deviation + 1e-4) over
                the example's draws, which needs 2 draws: examples of rare rewards weigh more, and
                an example whose draws all have one reward has no gradient. GRPO also divides by
                the length of a program, which biases the gradient and is left out, and clips
                ratios, which are 1 on policy.
            entropy_weight: weight of the entropy bonus (Williams and Peng, 1991). More prolongs
                exploration; 0 to 0.1.

        Raises:
            ValueError: there are too few draws for the gradient not to vanish.
        """
        least = 2 if baseline in ("mean", "group") else 1
        if fresh < least:
            raise ValueError(
                f'set fresh to {least} or more with baseline "{baseline}": got {fresh}'
            )
        super().__init__(Plan(enumerate_up_to=0, fresh=fresh, reject_known=False), entropy_weight)
        self.baseline: ReinforceBaseline = baseline

    def objective(self, batch: ScoredBatch) -> Objective:
        """-(1/n) sum_i sg(r_i - b_i) log pi_i over the fresh draws."""
        index_N, num = batch.example_N, batch.num_examples
        fresh_N = (batch.stratum_N == Stratum.FRESH).to(batch.log_prob_N.dtype)
        count_B = F.segment_sum(fresh_N, index_N, num)
        weight_N = fresh_N / count_B.clamp(min=1)[index_N]
        weighted_N = weight_N * batch.reward_N
        if self.baseline in ("mean", "group"):
            weighted_N = weighted_N - weight_N * F.segment_sum(weighted_N, index_N, num)[index_N]
        if self.baseline == "group":
            # The sum of squares over n - 1; `weighted_N` has the deviations over n.
            squares_B = F.segment_sum((weighted_N * count_B[index_N]) ** 2, index_N, num)
            deviation_B = (squares_B / (count_B - 1).clamp(min=1)).sqrt()
            weighted_N = weighted_N / (deviation_B + _LEAST_DEVIATION)[index_N]
        # `reinforced`'s "mean" excludes a sampled trajectory from its own baseline.
        baseline: Literal["mean", "none"] = "mean" if self.baseline == "leave_one_out" else "none"
        log_outer_B = torch.full_like(count_B, -torch.inf)
        return reinforced(batch, weighted_N, weight_N.log(), log_outer_B, baseline)
