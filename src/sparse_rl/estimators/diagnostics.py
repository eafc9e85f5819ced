"""Diagnostics of all strategies, detached.

Legend: B example, N trajectory in the flat batch.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sparse_rl.estimators import functional as F
from sparse_rl.estimators.batch import ScoredBatch, Stratum


def mean_where(value_B: Tensor, mask_B: Tensor) -> Tensor:
    """Returns the mean of the values under the mask; 0 where it selects none."""
    return torch.where(mask_B, value_B, 0.0).sum() / mask_B.sum().clamp(min=1)


@torch.no_grad()
def diagnostics(batch: ScoredBatch, coefficient_N: Tensor, outer_B: Tensor) -> dict[str, Tensor]:
    """Returns diagnostic scalars of a clean batch.

    Keys: `pi_b_mean`, `pi_b_q10`, `pi_b_q50`, `pi_b_q90` (0 where B is empty), `pi_c_mean`,
    `pi_u_mean` (unexplored mass), `clip_rate` (examples with B whose outer coefficient is not
    pi_B), `ess` (effective sample size of the gradient's coefficients, mean over the examples
    with any), `entropy_b` (entropy inside the drawn B, mean over the examples with B),
    `fresh_rewarded` (share of the fresh draws), `empty_examples` (without a trajectory),
    `grad_b`, `grad_c`, `grad_fresh`, `grad_direct` (norm of the loss's gradient in the
    log-probabilities of each stratum's programs, without the entropy bonus).
    """
    num, example_N = batch.num_examples, batch.example_N
    pi_b_B, pi_c_B = batch.log_mass_b_B.exp(), batch.log_mass_c_B.exp()
    in_b_N = batch.stratum_N == Stratum.B
    fresh_N = batch.stratum_N == Stratum.FRESH
    has_b_B = F.segment_sum(in_b_N.float(), example_N, num) > 0
    clipped_B = ~torch.isclose(outer_B, pi_b_B, rtol=1e-4, atol=0.0)

    sum_B = F.segment_sum(coefficient_N.abs(), example_N, num)
    # Shares before squares: a square of a tiny coefficient would underflow.
    share_N = coefficient_N.abs() / torch.where(sum_B > 0, sum_B, 1.0)[example_N]
    square_B = F.segment_sum(share_N.square(), example_N, num)
    ess_B = 1.0 / torch.where(sum_B > 0, square_B, 1.0)

    log_inside_N = F.segment_log_softmax(batch.log_prob_N[in_b_N], example_N[in_b_N], num)
    entropy_B = -F.segment_sum(log_inside_N.exp() * log_inside_N, example_N[in_b_N], num)
    count_B = F.segment_sum(torch.ones_like(coefficient_N), example_N, num)
    gradients = {
        f"grad_{stratum.name.lower()}": coefficient_N[batch.stratum_N == stratum].norm() / num
        for stratum in Stratum
    }
    low, middle, high = pi_b_B.quantile(pi_b_B.new_tensor([0.1, 0.5, 0.9])).unbind()
    return {
        "pi_b_mean": pi_b_B.mean(),
        "pi_b_q10": low,
        "pi_b_q50": middle,
        "pi_b_q90": high,
        "pi_c_mean": pi_c_B.mean(),
        "pi_u_mean": (1.0 - pi_b_B - pi_c_B).clamp(min=0.0).mean(),
        "clip_rate": mean_where(clipped_B.to(pi_b_B.dtype), has_b_B),
        "ess": mean_where(ess_B, sum_B > 0),
        "entropy_b": mean_where(entropy_B, has_b_B),
        "fresh_rewarded": mean_where((batch.reward_N > 0).to(pi_b_B.dtype), fresh_N),
        "empty_examples": (count_B == 0).sum().to(pi_b_B.dtype),
        **gradients,
    }
