"""Targets of Q-learning, and their completion from a part of the values, as pure functions.

Legend: B transition of a batch, A action.

Sources: DQN (Mnih et al., 2015), double DQN (van Hasselt et al., 2016, eq. 4), SV-RL (Yang et al.,
ICLR 2020, section 4).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from sparse_rl.control.structured_values.matrix_estimation import complete
from sparse_rl.estimators.functional import check_shape


@torch.no_grad()
def q_targets(
    reward_B: Tensor,
    terminated_B: Tensor,
    next_q_BA: Tensor,
    gamma: float,
    chooser_BA: Tensor | None = None,
) -> Tensor:
    """y = r + γ Q⁻(s′, argmax_a Q(s′, a)), and r where the episode has ended.

    Args:
        reward_B: rewards.
        terminated_B: whether nothing comes after.
        next_q_BA: Q⁻, the target network's values of the states that the steps led to.
        gamma: discount.
        chooser_BA: Q, whose best action is taken: the learning network's values in double DQN. By
            default Q⁻ itself, so that its maximum is taken.
    """
    check_shape("terminated_B", terminated_B, *reward_B.shape)
    chooser_BA = next_q_BA if chooser_BA is None else chooser_BA
    check_shape("chooser_BA", chooser_BA, *next_q_BA.shape)
    best_B1 = chooser_BA.argmax(-1, keepdim=True)
    next_value_B = next_q_BA.gather(-1, best_B1).squeeze(-1)
    return reward_B + gamma * (~terminated_B).to(reward_B.dtype) * next_value_B


@torch.no_grad()
def completed_values(q_BA: Tensor, observed_BA: Tensor, thresholds: Sequence[float]) -> Tensor:
    """Values of which only a part is seen: the others are completed from the batch.

    A row of which nothing is seen would come out as the batch's mean; it is seen whole.

    Args:
        q_BA: values.
        observed_BA: whether a value is seen.
        thresholds: thresholds of `soft_impute`'s iterations, which begin at the mean.
    """
    check_shape("observed_BA", observed_BA, *q_BA.shape)
    seen_BA = observed_BA | ~observed_BA.any(-1, keepdim=True)
    start_BA = q_BA[seen_BA].mean().expand_as(q_BA)
    return complete(q_BA, seen_BA, thresholds, start_BA)
