"""Truncated importance weights with bias correction: expectations by enumeration.

Legend: K program of a context, P parameter of the policy, M pair of a stale and an own draw.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from sparse_rl.estimators.functional import corrected_log_ratio

Toy = Any  # the enumerable worlds of conftest.py


def terms(toy: Toy, context: int) -> Tensor:
    """r grad log pi of every program, (K, P)."""
    log_prob_K, reward_K = toy.log_probs()[context], toy.rewards[context]
    return torch.stack([r * toy.grad(lp) for r, lp in zip(reward_K, log_prob_K, strict=True)])


def exact_gradient(toy: Toy, context: int) -> Tensor:
    """The gradient of E_pi[r]."""
    return toy.grad(toy.log_probs()[context].exp() @ toy.rewards[context])


def law(toy: Toy, context: int, seed: int) -> Tensor:
    """Log-probabilities of another policy, (K,)."""
    generator = torch.Generator().manual_seed(seed)
    return (2 * torch.randn(len(toy.programs[context]), generator=generator).double()).log_softmax(
        0
    )


def weights(
    target_K: Tensor, behaviour_K: Tensor, reference_K: Tensor, clip: float
) -> tuple[Tensor, Tensor]:
    """Weights of all programs as stale and as own draws, both (K,)."""
    both = [torch.full_like(target_K, own, dtype=torch.bool) for own in (False, True)]
    stale_K, own_K = (
        corrected_log_ratio(target_K, behaviour_K, reference_K, own_N, clip).exp() for own_N in both
    )
    return stale_K, own_K


@pytest.mark.parametrize("clip", [0.0, 0.5, 1.0, 5.0, 1e9])
@pytest.mark.parametrize("reference", [1, 2])
def test_both_terms_together_are_the_gradient(toy: Toy, clip: float, reference: int) -> None:
    """Whether the reference is the behaviour policy (seed 1) or another one (seed 2)."""
    for context in range(len(toy.worlds)):
        target_K, behaviour_K = toy.log_probs()[context].detach(), law(toy, context, 1)
        stale_K, own_K = weights(target_K, behaviour_K, law(toy, context, reference), clip)
        mass_K = behaviour_K.exp() * stale_K + target_K.exp() * own_K
        gradient_P = exact_gradient(toy, context)
        torch.testing.assert_close(mass_K @ terms(toy, context), gradient_P, atol=1e-9, rtol=1e-6)


@pytest.mark.parametrize("clip", [0.1, 0.3, 0.5])
def test_the_bias_of_truncation_is_the_mass_above_the_clip(toy: Toy, clip: float) -> None:
    """E_mu[min(c, rho) f] - E_pi[f] = -sum (pi - c mu)_+ f."""
    target_K, behaviour_K = toy.log_probs()[0].detach(), law(toy, 0, 1)
    stale_K, own_K = weights(target_K, behaviour_K, behaviour_K, clip)
    ratio_K = (target_K - behaviour_K).exp()
    torch.testing.assert_close(stale_K, ratio_K.clamp(max=clip))
    torch.testing.assert_close(own_K, (1 - clip / ratio_K).clamp(min=0.0))
    bias_P = (behaviour_K.exp() * stale_K) @ terms(toy, 0) - exact_gradient(toy, 0)
    lost_K = (target_K.exp() - clip * behaviour_K.exp()).clamp(min=0.0)
    assert bias_P.norm() > 1e-3
    torch.testing.assert_close(bias_P, -(lost_K @ terms(toy, 0)), atol=1e-9, rtol=1e-6)


def test_draws_show_less_bias_with_the_correction(masked: Toy) -> None:
    """By more than three standard errors, along the direction of truncation's bias."""
    target_K, behaviour_K = masked.log_probs()[0].detach(), law(masked, 0, 1)
    stale_K, own_K = weights(target_K, behaviour_K, behaviour_K, 0.5)
    lost_P = (behaviour_K.exp() * stale_K) @ terms(masked, 0) - exact_gradient(masked, 0)
    along_K = terms(masked, 0) @ lost_P / lost_P.norm()
    exact = target_K.exp() @ along_K
    generator = torch.Generator().manual_seed(0)
    stale_M, own_M = (
        torch.multinomial(log_p_K.exp(), 20_000, replacement=True, generator=generator)
        for log_p_K in (behaviour_K, target_K)
    )
    truncated_M = (stale_K * along_K)[stale_M] - exact
    corrected_M = truncated_M + (own_K * along_K)[own_M]
    error = [float(x_M.std() / len(x_M) ** 0.5) for x_M in (truncated_M, corrected_M)]
    biases = [abs(float(x_M.mean())) for x_M in (truncated_M, corrected_M)]
    assert biases[1] < 3 * error[1]
    assert biases[0] - biases[1] > 3 * sum(error)


def test_a_reference_below_the_behaviour_policy_keeps_weights_bounded(toy: Toy) -> None:
    """Walks that avoid explored programs have a greater probability than the policy's."""
    target_K, older_K = toy.log_probs()[0].detach(), law(toy, 0, 1)
    behaviour_K = older_K - torch.log1p(-older_K[0].exp())
    stale_K, own_K = weights(target_K, behaviour_K, older_K, 0.7)
    assert float(stale_K.max()) <= 0.7
    assert float(own_K.max()) <= 1.0


def test_weights_carry_no_gradient_and_shapes_are_checked() -> None:
    log_p_N = torch.tensor([-1.0, -2.0], requires_grad=True)
    law_N, own_N = torch.tensor([-1.0, float("nan")]), torch.tensor([False, True])
    weight_N = corrected_log_ratio(log_p_N, law_N, torch.tensor([-1.0, -3.0]), own_N, 1.0)
    assert not weight_N.requires_grad
    assert weight_N.exp().tolist() == pytest.approx([1.0, 1 - torch.tensor(-1.0).exp().item()])
    with pytest.raises(ValueError, match="log_reference_N"):
        corrected_log_ratio(log_p_N, law_N, torch.zeros(3), own_N, 1.0)
