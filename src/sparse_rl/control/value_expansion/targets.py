"""Targets of model-based value expansion, as pure functions.

Legend: H step of the imagined rollout, K horizon (0…H, one more entry than H), M transition model
with its termination, N reward model, L critic, B transition of the batch.

A transition (s, a, r, s'_0) was observed. From s'_0 on, model m imagines a'_i = π(s'_i) and what is
next. The survival c_0 is 1 unless s'_0 ended the episode; c_i is the probability that the imagined
step i did not end it. D_i = c_0 c_1 … c_{i−1}, the probability that step i takes place at all, is a
*product* of survivals, of which each may have another value.

Sources: MVE (Feinberg et al., 2018, section 3), STEVE (Buckman et al., 2018, section 3).
"""

from __future__ import annotations

import torch
from torch import Tensor

from sparse_rl.estimators.functional import check_shape


@torch.no_grad()
def candidates(
    reward_B: Tensor, reward_HMNB: Tensor, survival_KMB: Tensor, value_KMLB: Tensor, gamma: float
) -> Tensor:
    """T_i = r + Σ_{j=1..i} γ^j D_j r̂_j + γ^{i+1} D_{i+1} Q(s'_i, a'_i) of every horizon i.

    Args:
        reward_B: r, the observed rewards.
        reward_HMNB: r̂_j, of reward model n for the step that ends in s'_j of model m.
        survival_KMB: c_0 … c_H; c_0 is observed.
        value_KMLB: Q(s'_0, a'_0) … Q(s'_H, a'_H).
        gamma: discount.

    Returns:
        T_KMNLB.
    """
    steps, models, rewards, batch = reward_HMNB.shape
    critics = value_KMLB.shape[2]
    check_shape("reward_B", reward_B, batch)
    check_shape("survival_KMB", survival_KMB, steps + 1, models, batch)
    check_shape("value_KMLB", value_KMLB, steps + 1, models, critics, batch)
    # γ^{i+1} D_{i+1}, by index i.
    weight_KMB = (gamma * survival_KMB).cumprod(0)
    gain_HMNB = weight_KMB[:-1].unsqueeze(2) * reward_HMNB
    sum_HMNB = reward_B + gain_HMNB.cumsum(0)
    sum_KMNB = torch.cat([reward_B.expand(1, models, rewards, batch), sum_HMNB])
    later_KMLB = weight_KMB.unsqueeze(2) * value_KMLB
    return sum_KMNB.unsqueeze(3) + later_KMLB.unsqueeze(2)


def mve(target_KMNLB: Tensor) -> Tensor:
    """Returns the mean target of the longest horizon, [B]."""
    return target_KMNLB[-1].mean((0, 1, 2))


def steve(target_KMNLB: Tensor) -> tuple[Tensor, Tensor]:
    """Σ_i w_i μ_i with w_i ∝ 1/σ_i², mean and variance over models, reward models and critics.

    Returns:
        The target [B], and the normalised weights w_KB.
    """
    variance_KB, mean_KB = torch.var_mean(target_KMNLB, (1, 2, 3), correction=0)
    weight_KB = inverse_variance_weights(variance_KB)
    return (weight_KB * mean_KB).sum(0), weight_KB


def inverse_variance_weights(variance_KB: Tensor) -> Tensor:
    """w_i = (1/σ_i²) / Σ_j 1/σ_j²; horizons without variance share all of the weight.

    In logarithms: the reciprocal of a small variance would overflow.
    """
    tiny = torch.finfo(variance_KB.dtype).tiny
    return (-variance_KB.clamp(min=tiny).log()).softmax(0)
