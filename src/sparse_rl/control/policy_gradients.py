"""ACER's gradients with respect to a policy's statistics φ, as pure functions.

A gradient of the statistics (logits, or a mean) goes back through the network as
`statistics.backward(-gradient)`. Working on φ makes the trust region a formula instead of an
optimisation over all weights.

Legend: N step, in any order; A action, or coordinate of a continuous one.

Source: ACER (Wang et al., 2017), eq. 7-9 (discrete actions) and section 5 (continuous ones).
"""

from __future__ import annotations

import torch
from torch import Tensor

from sparse_rl.estimators.functional import check_shape


@torch.no_grad()
def truncated_gradient(
    log_pi_NA: Tensor,
    log_mu_NA: Tensor,
    action_N: Tensor,
    return_N: Tensor,
    q_NA: Tensor,
    clip: float,
    correction: bool = True,
) -> Tensor:
    """Gradient to the logits φ of f(·|φ) = softmax(φ), by truncation with bias correction (eq. 7).

        min(c, ρ(a_t)) ∇log f(a_t|φ) (Q^ret_t − V_t)
            + Σ_a π(a) (1 − c/ρ(a))_+ ∇log f(a|φ) (Q(a) − V_t)

    With ∇_φ log f(a|φ) = 1_a − f. c → ∞ leaves importance weighting, and c = 0 the critic alone.

    Args:
        log_pi_NA: log-probabilities of the policy.
        log_mu_NA: those of the behaviour policy; its full distribution is needed.
        action_N: actions taken.
        return_N: Q^ret.
        q_NA: the critic's values of all actions.
        clip: c, upper bound of the importance weights.
        correction: whether the second term is there; without it the gradient is biased.
    """
    check_shape("log_mu_NA", log_mu_NA, *log_pi_NA.shape)
    check_shape("q_NA", q_NA, *log_pi_NA.shape)
    check_shape("return_N", return_N, *action_N.shape)
    pi_NA = log_pi_NA.exp()
    value_N1 = (pi_NA * q_NA).sum(-1, keepdim=True)
    ratio_NA = (log_pi_NA - log_mu_NA).exp()
    taken_N1 = action_N.unsqueeze(-1)
    ratio_N1 = ratio_NA.gather(-1, taken_N1).clamp(max=clip)
    # Σ_a w_a ∇log f(a|φ) = w − f Σ_a w_a
    weight_NA = torch.zeros_like(pi_NA).scatter(
        -1, taken_N1, ratio_N1 * (return_N.unsqueeze(-1) - value_N1)
    )
    if correction:
        # π (1 − c/ρ)_+ = (π − cμ)_+, without a division.
        rest_NA = (pi_NA - clip * log_mu_NA.exp()).clamp(min=0.0)
        weight_NA = weight_NA + rest_NA * (q_NA - value_N1)
    return weight_NA - pi_NA * weight_NA.sum(-1, keepdim=True)


@torch.no_grad()
def kl_gradient(log_pi_NA: Tensor, log_average_NA: Tensor) -> Tensor:
    """∇_φ KL(f(·|φ_avg) ‖ f(·|φ)) for logits φ: f(φ) − f(φ_avg)."""
    check_shape("log_average_NA", log_average_NA, *log_pi_NA.shape)
    return log_pi_NA.exp() - log_average_NA.exp()


@torch.no_grad()
def trust_region(gradient_NA: Tensor, kl_NA: Tensor, delta: float) -> Tensor:
    """z* = g − max(0, (k·g − δ)/‖k‖²) k: the z nearest to g with k·z ≤ δ (eq. 12).

    Args:
        gradient_NA: g, in the direction of ascent.
        kl_NA: k, the gradient of the divergence from the average policy.
        delta: δ.
    """
    check_shape("kl_NA", kl_NA, *gradient_NA.shape)
    excess_N1 = (kl_NA * gradient_NA).sum(-1, keepdim=True) - delta
    norm_N1 = kl_NA.square().sum(-1, keepdim=True)
    # Without a divergence there is no constraint; δ ≥ 0 then has no excess either.
    scale_N1 = torch.where(norm_N1 > 0, excess_N1.clamp(min=0.0) / norm_N1, 0.0)
    return gradient_NA - scale_N1 * kl_NA


@torch.no_grad()
def entropy_gradient(log_pi_NA: Tensor) -> Tensor:
    """∇_φ H(f(·|φ)) for logits φ: −f (log f + H)."""
    pi_NA = log_pi_NA.exp()
    entropy_N1 = -(pi_NA * log_pi_NA).sum(-1, keepdim=True)
    return -pi_NA * (log_pi_NA + entropy_N1)


@torch.no_grad()
def gaussian_gradient(
    mean_NA: Tensor,
    sigma: float,
    action_NA: Tensor,
    ratio_N: Tensor,
    advantage_N: Tensor,
    other_NA: Tensor,
    other_ratio_N: Tensor,
    other_advantage_N: Tensor,
    clip: float,
    correction: bool = True,
) -> Tensor:
    """Gradient to the mean φ of N(φ, σ²), by truncation with bias correction (eq. 15).

        min(c, ρ(a)) ∇log f(a|φ) (Q^opc − V) + (1 − c/ρ(a'))_+ ∇log f(a'|φ) (Q̃(a') − V)

    With ∇_φ log f(a|φ) = (a − φ)/σ². One action a' ∼ π stands for the expectation over π.

    Args:
        mean_NA: means of the policy.
        sigma: standard deviation of every coordinate.
        action_NA: actions taken.
        ratio_N: π/μ of the actions taken.
        advantage_N: Q^opc − V.
        other_NA: a', drawn from the policy.
        other_ratio_N: π/μ of a'.
        other_advantage_N: Q̃(a') − V.
        clip: c, upper bound of the importance weights.
        correction: whether the second term is there; without it the gradient is biased.
    """
    check_shape("action_NA", action_NA, *mean_NA.shape)
    check_shape("other_NA", other_NA, *mean_NA.shape)
    weight_N = ratio_N.clamp(max=clip) * advantage_N
    gradient_NA = weight_N.unsqueeze(-1) * (action_NA - mean_NA)
    if correction:
        rest_N = (1 - clip / other_ratio_N).clamp(min=0.0) * other_advantage_N
        gradient_NA = gradient_NA + rest_N.unsqueeze(-1) * (other_NA - mean_NA)
    return gradient_NA / sigma**2


@torch.no_grad()
def gaussian_kl_gradient(mean_NA: Tensor, average_NA: Tensor, sigma: float) -> Tensor:
    """∇_φ KL(N(φ_avg, σ²) ‖ N(φ, σ²)) = (φ − φ_avg)/σ²."""
    check_shape("average_NA", average_NA, *mean_NA.shape)
    return (mean_NA - average_NA) / sigma**2
