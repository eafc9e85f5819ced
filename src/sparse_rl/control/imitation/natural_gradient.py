"""The step of trust-region policy optimisation, as pure functions of a vector of parameters.

    maximise L(θ')  subject to  mean_n KL(π_θ(·|s_n) ‖ π_θ'(·|s_n)) ≤ δ

To first order in L and second in KL, the solution is θ' = θ + β F⁻¹ g, with the gradient g of L,
the Fisher matrix F of the policy, and β = √(2δ / gᵀF⁻¹g). F⁻¹g comes from conjugate gradients,
which need F only in products with vectors; a line search makes up for the approximations.

Legend: P parameter, N state, X number of an observation, A action.

Source: TRPO (Schulman et al., 2015), eq. 12-14 and appendix C.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, jvp, vjp

LogPolicy = Callable[[Tensor], Tensor]
"""Log-probabilities NA of the actions in the states at hand, of parameters P."""


class Step(NamedTuple):
    """A step of the policy.

    Attributes:
        theta_P: parameters after the step; as before if no step was good.
        kl: mean divergence of the policy after the step from the one before.
        gain: how much the objective rose.
    """

    theta_P: Tensor
    kl: Tensor
    gain: Tensor


def mean_kl(old_log_pi_NA: Tensor, log_pi_NA: Tensor) -> Tensor:
    """mean_n KL(π_old ‖ π)."""
    return (old_log_pi_NA.exp() * (old_log_pi_NA - log_pi_NA)).sum(-1).mean()


def as_log_policy(network: nn.Module, observation_NX: Tensor) -> LogPolicy:
    """A network of logits as a function of its parameters, in the order of `parameters()`."""
    shapes = {name: weights.shape for name, weights in network.named_parameters()}

    def log_policy(theta_P: Tensor) -> Tensor:
        sizes = [shape.numel() for shape in shapes.values()]
        parts = torch.split(theta_P, sizes)
        named = zip(shapes.items(), parts, strict=True)
        weights = {name: part.view(shape) for (name, shape), part in named}
        logits_NA: Tensor = functional_call(network, weights, (observation_NX,))
        return logits_NA.log_softmax(-1)

    return log_policy


def surrogate(
    log_pi_NA: Tensor,
    action_N: Tensor,
    log_mu_N: Tensor,
    advantage_N: Tensor,
    entropy_weight: float,
) -> Tensor:
    """mean_n π(a_n|s_n)/μ(a_n|s_n) A_n + λ H(π(·|s_n)), which the step raises.

    Args:
        log_pi_NA: log-probabilities of the policy.
        action_N: actions taken.
        log_mu_N: their log-probabilities when they were drawn.
        advantage_N: their advantages.
        entropy_weight: λ.
    """
    log_pi_N = log_pi_NA.gather(-1, action_N.unsqueeze(-1)).squeeze(-1)
    entropy_N = -(log_pi_NA.exp() * log_pi_NA).sum(-1)
    return ((log_pi_N - log_mu_N).exp() * advantage_N + entropy_weight * entropy_N).mean()


def fisher_vector_product(log_policy: LogPolicy, theta_P: Tensor, vector_P: Tensor) -> Tensor:
    """F v, F = mean_n E_a∼π [∇log π(a|s_n) ∇log π(a|s_n)ᵀ], the Hessian of the mean KL at θ.

    With the Jacobian J of all log-probabilities, F v = Jᵀ diag(π) J v / N: one pass forwards for
    J v and one backwards for the rest.
    """
    log_pi_NA, change_NA = jvp(log_policy, (theta_P,), (vector_P,))[:2]
    _, transposed = vjp(log_policy, theta_P)[:2]
    (product_P,) = transposed(log_pi_NA.exp() * change_NA / len(log_pi_NA))
    return product_P  # type: ignore[no-any-return]


def conjugate_gradients(
    product: Callable[[Tensor], Tensor], right_P: Tensor, steps: int, tolerance: float = 1e-10
) -> Tensor:
    """Solves A x = b for a positive definite A, which is given as x ↦ A x.

    Args:
        product: x ↦ A x.
        right_P: b.
        steps: most steps; as many as there are parameters solve it but for rounding.
        tolerance: share of ‖b‖² that ‖b − A x‖² may have at the end.
    """
    solution_P = torch.zeros_like(right_P)
    rest_P = right_P.clone()
    direction_P = rest_P.clone()
    square = rest_P @ rest_P
    enough = tolerance * square
    for _ in range(steps):
        if square <= enough:
            break
        image_P = product(direction_P)
        length = square / (direction_P @ image_P)
        solution_P = solution_P + length * direction_P
        rest_P = rest_P - length * image_P
        next_square = rest_P @ rest_P
        direction_P = rest_P + next_square / square * direction_P
        square = next_square
    return solution_P


def trust_region_step(
    log_policy: LogPolicy,
    theta_P: Tensor,
    objective: Callable[[Tensor], Tensor],
    delta: float,
    damping: float = 0.1,
    solver_steps: int = 10,
    halvings: int = 10,
) -> Step:
    """Takes the longest of the steps β, β/2, β/4 … that keeps KL ≤ δ and raises the objective.

    Args:
        log_policy: log-probabilities of the actions in all states, of the parameters.
        theta_P: parameters θ.
        objective: L as a function of log-probabilities NA.
        delta: δ.
        damping: multiple of the identity that is added to F, which alone may be singular.
        solver_steps: steps of conjugate gradients.
        halvings: shorter steps that are tried.
    """
    old_log_pi_NA = log_policy(theta_P)
    gradient_P, before = grad_and_value(lambda theta: objective(log_policy(theta)))(theta_P)

    def product(vector_P: Tensor) -> Tensor:
        return fisher_vector_product(log_policy, theta_P, vector_P) + damping * vector_P

    direction_P = conjugate_gradients(product, gradient_P, solver_steps)
    curvature = direction_P @ product(direction_P)
    none = Step(theta_P, torch.zeros_like(before), torch.zeros_like(before))
    if curvature <= 0:  # There is no gradient.
        return none
    full_P = math.sqrt(2 * delta) * curvature.rsqrt() * direction_P
    for halved in range(halvings + 1):
        new_P = theta_P + full_P / 2**halved
        log_pi_NA = log_policy(new_P)
        kl, gain = mean_kl(old_log_pi_NA, log_pi_NA), objective(log_pi_NA) - before
        if kl <= delta and gain > 0:
            return Step(new_P, kl, gain)
    return none
