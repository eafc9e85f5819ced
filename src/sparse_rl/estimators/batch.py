"""What an estimator asks for and what it is given.

Legend: B example, N trajectory in the flat batch, F feature.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from torch import Tensor

from sparse_rl.exploration.direct import DirectSearch


class Stratum(IntEnum):
    """Where a trajectory of the batch came from."""

    B = 0  # replay: rewarded
    C = 1  # replay: not rewarded
    FRESH = 2  # drawn from the policy, outside B unless the plan says otherwise
    DIRECT = 3  # better than the example's fresh draw under the same noise (`Plan.direct`)


@dataclass(frozen=True)
class Plan:
    """What to draw for every example of a step.

    Attributes:
        enumerate_up_to: all of B when |B| is at most this, else the most probable this many.
        replay_c: draws from the policy restricted to C, with replacement. 0 for none.
        fresh: draws from the policy. 0 for none.
        reject_known: whether fresh draws that are in B already are rejected, so that B and the
            fresh draws share no program. False leaves every draw in: for estimators that take
            the policy as it is, with enumerate_up_to=0.
        direct: a search from one draw of the policy, which becomes a fresh draw, for a
            trajectory that is better under the same noise, which becomes `Stratum.DIRECT` where
            there is one. None for no search.
    """

    enumerate_up_to: int = 16
    replay_c: int = 0
    fresh: int = 0
    reject_known: bool = True
    direct: DirectSearch | None = None

    @property
    def draws(self) -> bool:
        """Whether programs outside the memory are drawn."""
        return self.fresh > 0 or self.direct is not None


@dataclass(frozen=True)
class ScoredBatch:
    """Trajectories of a step under the current policy.

    Attributes:
        log_prob_N: log pi(z|s), carries the gradient.
        reward_N: rewards, at least 0.
        example_N: index of each trajectory's example in [0, num_examples), long.
        stratum_N: `Stratum` of each trajectory, long.
        log_mass_b_B: log pi_B, the policy's mass of all of the example's B (not only of what
            was drawn), detached; -inf where B is empty.
        log_mass_c_B: the same for C.
        num_examples: number of examples, including those without a trajectory.
        log_prior_N: log of the guiding prior, detached; None where no estimator asked for it.
        entropy_N: the policy's summed step entropies along the trajectory, carries the gradient.
        log_behaviour_N: where a fresh trajectory was not drawn from the current policy outside
            B, log of the probability it was drawn with; NaN elsewhere; None if for all.
        max_ratio: where the importance weights of these are truncated; above 0.
        features_NF: what each program has in common with its question, detached; None where no
            estimator asked for it.
        pooled_2N: what the other processes put in the pool (`Estimator.to_pool`), detached, of
            any length; None with one process, or where the estimator pools nothing.
    """

    log_prob_N: Tensor
    reward_N: Tensor
    example_N: Tensor
    stratum_N: Tensor
    log_mass_b_B: Tensor
    log_mass_c_B: Tensor
    num_examples: int
    log_prior_N: Tensor | None = None
    entropy_N: Tensor | None = None
    log_behaviour_N: Tensor | None = None
    max_ratio: float = math.inf
    features_NF: Tensor | None = None
    pooled_2N: Tensor | None = None
