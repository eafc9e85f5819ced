"""ACER's gradients against expectations over all actions, autograd, and a solver."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from torch import Tensor

from sparse_rl.control.policy_gradients import (
    entropy_gradient,
    kl_gradient,
    truncated_gradient,
    trust_region,
)


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(torch.float32)


def log_policy(count: int = 6) -> Tensor:
    return (1.5 * torch.randn(count, 4)).log_softmax(-1)


def expected_gradient(
    log_pi: Tensor, log_mu: Tensor, q: Tensor, clip: float, **how: bool
) -> Tensor:
    """E over a ~ μ of the gradient, with the exact return Q(a)."""
    total = torch.zeros_like(log_pi)
    for action in range(log_pi.shape[-1]):
        action_N = torch.full(log_pi.shape[:1], action)
        gradient = truncated_gradient(log_pi, log_mu, action_N, q[:, action], q, clip, **how)
        total += log_mu[:, action, None].exp() * gradient
    return total


@pytest.mark.parametrize("clip", [0.0, 0.5, 1.0, 5.0, 1e9])
def test_truncation_with_correction_is_the_marginal_off_policy_gradient(clip: float) -> None:
    """Σ_a π(a) ∇log π(a) Q(a), whatever c is."""
    log_mu, q = log_policy(), torch.randn(6, 4)
    logits = torch.randn(6, 4, requires_grad=True)
    (logits.softmax(-1) * q).sum().backward()
    assert logits.grad is not None
    log_pi = logits.detach().log_softmax(-1)
    found = expected_gradient(log_pi, log_mu, q, clip)
    torch.testing.assert_close(found, logits.grad, atol=1e-6, rtol=0)


def test_truncation_alone_is_biased() -> None:
    log_pi, log_mu, q = log_policy(), log_policy(), torch.randn(6, 4)
    exact = expected_gradient(log_pi, log_mu, q, 1e9)
    found = expected_gradient(log_pi, log_mu, q, 0.5, correction=False)
    assert (found - exact).abs().max() > 0.05
    # Where no weight is above c, nothing is cut and nothing is corrected.
    largest = float((log_pi - log_mu).exp().max())
    found = expected_gradient(log_pi, log_mu, q, largest, correction=False)
    torch.testing.assert_close(found, exact)


def test_gradients_of_divergence_and_entropy_are_autograds() -> None:
    logits = torch.randn(6, 4, requires_grad=True)
    log_pi, log_average = logits.log_softmax(-1), log_policy()
    divergence = (log_average.exp() * (log_average - log_pi)).sum()
    (expected,) = torch.autograd.grad(divergence, logits, retain_graph=True)
    torch.testing.assert_close(kl_gradient(log_pi, log_average), expected)
    (expected,) = torch.autograd.grad(-(log_pi.exp() * log_pi).sum(), logits)
    torch.testing.assert_close(entropy_gradient(log_pi), expected)


@pytest.mark.parametrize("delta", [0.0, 0.3, 1.0])
def test_the_projection_solves_the_quadratic_program(delta: float) -> None:
    """min ½‖g − z‖² with k·z ≤ δ."""
    gradient, kl = torch.randn(8, 4), torch.randn(8, 4)
    found = trust_region(gradient, kl, delta)
    active = 0
    for g, k, z in zip(gradient.numpy(), kl.numpy(), found.numpy(), strict=True):
        active += g @ k > delta
        solution = minimize(
            lambda x, g=g: 0.5 * np.sum((g - x) ** 2),
            np.zeros(4),
            jac=lambda x, g=g: x - g,
            constraints={
                "type": "ineq",
                "fun": lambda x, k=k: delta - k @ x,
                "jac": lambda x, k=k: -k,
            },
            method="SLSQP",
            options={"ftol": 1e-14},
        )
        np.testing.assert_allclose(z, solution.x, atol=1e-6)
    assert 0 < active < 8


def test_without_a_divergence_nothing_is_projected() -> None:
    gradient = torch.randn(3, 4)
    assert trust_region(gradient, torch.zeros(3, 4), 0.0).equal(gradient)
