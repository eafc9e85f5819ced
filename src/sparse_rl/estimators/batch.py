"""The inputs of estimators: the plan of the draws, and the scored batch.

Legend: B example, N trajectory in the flat batch, F feature.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from torch import Tensor

from sparse_rl.bounds import Draws, NonNegative, check_fields
from sparse_rl.exploration.direct import DirectSearch


class Stratum(IntEnum):
    """The source of a trajectory of the batch."""

    B = 0  # replay: rewarded
    C = 1  # replay: not rewarded
    FRESH = 2  # drawn from the policy, outside B unless the plan says otherwise
    DIRECT = 3  # better than the example's fresh draw under the same noise (`Plan.direct`)


@dataclass(frozen=True)
class Plan:
    """The draws for every example of a step.

    Attributes:
        enumerate_up_to: greatest number of programs of B; a larger B gives its most probable.
        replay_c: draws from the policy restricted to C, with replacement. 0 for none.
        fresh: draws from the policy. 0 for none.
        reject_known: whether fresh draws in B are rejected, so that B and the fresh draws share
            no program. False keeps every draw, for on-policy estimators, with enumerate_up_to=0.
        direct: options of a direct search. It starts from one draw of the policy, of the stratum
            FRESH, and looks for a trajectory that is better under the same noise, of the stratum
            DIRECT. None for no search.
    """

    enumerate_up_to: NonNegative = 16
    replay_c: Draws = 0
    fresh: Draws = 0
    reject_known: bool = True
    direct: DirectSearch | None = None

    def __post_init__(self) -> None:
        check_fields(self)

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
        log_mass_b_B: log pi_B, the policy's mass of all of the example's B (not only of the
            drawn B), detached; -inf where B is empty.
        log_mass_c_B: the same for C.
        num_examples: number of examples, including examples without a trajectory.
        log_prior_N: log of the guiding prior, detached; None where the estimator needs none.
        entropy_N: the policy's summed step entropies along the trajectory, carries the gradient.
        log_behaviour_N: log of the behaviour probability of off-policy fresh trajectories; NaN
            for draws of the current policy outside B and other strata; None if all are NaN.
        max_ratio: upper bound of the off-policy importance weights; above 0.
        features_NF: features of each program with its question, detached; None where the
            estimator needs none.
        pooled_2N: the other processes' `Estimator.to_pool`, detached, of any length; None with
            one process, or where the estimator pools nothing.
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
