"""Natural gradients against exact Hessians and solutions, and the step within its region."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from sparse_rl.control.imitation.natural_gradient import (
    as_log_policy,
    conjugate_gradients,
    fisher_vector_product,
    mean_kl,
    surrogate,
    trust_region_step,
)


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(torch.float32)


X_NX = torch.randn(7, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def log_policy(theta_P: Tensor) -> Tensor:
    """A small network with one hidden layer: 2 inputs, 3 hidden, 4 actions."""
    first, second = theta_P[:6].view(2, 3), theta_P[6:].view(3, 4)
    return ((X_NX @ first).tanh() @ second).log_softmax(-1)


def test_fisher_vector_product_is_the_hessian_of_the_divergence() -> None:
    theta_P, vector_P = torch.randn(18), torch.randn(18)
    old_NA = log_policy(theta_P)
    hessian_PP = torch.autograd.functional.hessian(
        lambda theta: mean_kl(old_NA, log_policy(theta)), theta_P
    )
    found_P = fisher_vector_product(log_policy, theta_P, vector_P)
    assert torch.allclose(found_P, hessian_PP @ vector_P, atol=1e-10)
    assert found_P.abs().max() > 1e-2


def test_conjugate_gradients_solve_in_as_many_steps_as_parameters() -> None:
    root_PP = torch.randn(6, 6)
    matrix_PP, right_P = root_PP @ root_PP.T + 0.1 * torch.eye(6), torch.randn(6)
    found_P = conjugate_gradients(lambda v: matrix_PP @ v, right_P, steps=6, tolerance=0.0)
    assert torch.allclose(found_P, torch.linalg.solve(matrix_PP, right_P), atol=1e-6)
    assert not conjugate_gradients(lambda v: matrix_PP @ v, torch.zeros(6), steps=6).any()


@pytest.mark.parametrize("delta", [1e-4, 1e-2, 1.0])
def test_the_step_raises_the_objective_within_the_region(delta: float) -> None:
    theta_P, advantage_NA = torch.randn(18), torch.randn(7, 4)

    def objective(log_pi_NA: Tensor) -> Tensor:
        return (log_pi_NA.exp() * advantage_NA).sum(-1).mean()

    step = trust_region_step(log_policy, theta_P, objective, delta, damping=1e-2, solver_steps=18)
    old_NA, new_NA = log_policy(theta_P), log_policy(step.theta_P)
    assert step.kl.item() == pytest.approx(mean_kl(old_NA, new_NA).item())
    assert step.gain.item() == pytest.approx((objective(new_NA) - objective(old_NA)).item())
    assert 0.02 * delta < step.kl <= delta and step.gain > 0


def test_a_short_step_is_the_natural_gradient() -> None:
    """θ′ − θ is √(2δ / gᵀF⁻¹g) F⁻¹g, and KL is δ, as δ → 0 (from below, so the first try is it)."""
    theta_A, advantage_A, delta = torch.randn(4), -torch.randn(4), 1e-8

    def softmax(theta_A: Tensor) -> Tensor:
        return theta_A.log_softmax(-1).unsqueeze(0)

    def objective(log_pi_NA: Tensor) -> Tensor:
        return (log_pi_NA.exp() * advantage_A).sum()

    step = trust_region_step(softmax, theta_A, objective, delta, damping=0.0, solver_steps=4)
    pi_A = theta_A.softmax(-1)
    centred_A = advantage_A - pi_A @ advantage_A
    # F = diag(π) − ππᵀ and g = π (advantage − mean): F⁻¹g is the advantage, up to a constant.
    full_A = (2 * delta / (pi_A @ centred_A**2)).sqrt() * centred_A
    moved_A = step.theta_P - theta_A
    assert torch.allclose(moved_A - moved_A.mean(), full_A - full_A.mean(), rtol=1e-3)
    assert step.kl.item() == pytest.approx(delta, rel=1e-3)


def test_no_gradient_is_no_step() -> None:
    theta_P = torch.randn(18)
    step = trust_region_step(log_policy, theta_P, lambda log_pi_NA: 0.0 * log_pi_NA.sum(), 0.01)
    assert torch.equal(step.theta_P, theta_P) and step.kl == 0 and step.gain == 0


def test_the_surrogate_at_the_policy_itself_has_the_policy_gradient() -> None:
    """mean A ∇log π(a) + λ ∇H, by automatic differentiation of a network's own parameters."""
    network = torch.nn.Linear(2, 4)
    action_N, advantage_N, weight = torch.arange(7) % 4, torch.randn(7), 0.3
    log_pi_NA = network(X_NX).log_softmax(-1)
    log_pi_N = log_pi_NA[torch.arange(7), action_N]
    entropy = -(log_pi_NA.exp() * log_pi_NA).sum(-1).mean()
    loss = (advantage_N * log_pi_N).mean() + weight * entropy
    expected = torch.cat([g.flatten() for g in torch.autograd.grad(loss, network.parameters())])
    theta_P = torch.nn.utils.parameters_to_vector(network.parameters()).detach().requires_grad_()
    of_theta_NA = as_log_policy(network, X_NX)(theta_P)
    value = surrogate(of_theta_NA, action_N, log_pi_N.detach(), advantage_N, weight)
    (found,) = torch.autograd.grad(value, theta_P)
    assert torch.allclose(found, expected, atol=1e-10)
    assert value.item() == pytest.approx((advantage_N.mean() + weight * entropy).item())
