"""The game of generative adversarial imitation, as pure functions.

A discriminator D(s, a) tells the steps of the policy (D near 1) from the expert's (D near 0), and
log D is the cost that the policy lowers:

    min over π, max over D:  E_π log D + E_E log(1 − D) − λ H(π)

Legend: N step of the policy, M step of the expert. A logit is log D/(1 − D).

Source: GAIL (Ho, Ermon, 2016), eq. 14-16 and algorithm 1. Absorbing states: Kostrikov et al., 2019.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import logsigmoid

from sparse_rl.estimators.functional import check_shape


def discriminator_objective(
    logit_N: Tensor, weight_N: Tensor, expert_logit_M: Tensor, expert_weight_M: Tensor
) -> Tensor:
    """E_π log D + E_E log(1 − D), which the discriminator raises.

    Its maximum is at D* = ρ_π/(ρ_π + ρ_E), and is there 2 JS(ρ_π, ρ_E) − log 4.

    Args:
        logit_N: logits of the policy's steps.
        weight_N: how often each of them counts; the mean is over the weights.
        expert_logit_M: logits of the expert's steps.
        expert_weight_M: how often each of them counts.
    """
    check_shape("weight_N", weight_N, *logit_N.shape)
    check_shape("expert_weight_M", expert_weight_M, *expert_logit_M.shape)
    policy = (weight_N * logsigmoid(logit_N)).sum() / weight_N.sum()
    # 1 − sigmoid(x) = sigmoid(−x)
    expert = (expert_weight_M * logsigmoid(-expert_logit_M)).sum() / expert_weight_M.sum()
    return policy + expert


def cost(logit_N: Tensor) -> Tensor:
    """log D, the policy's cost: at most 0, and the lower the more a step is like the expert's."""
    return logsigmoid(logit_N)


def absorbing_steps(gamma: float) -> float:
    """γ/(1 − γ): discounted steps that an episode, once terminated, stays where it ended.

    The paper's occupancy measures are of processes without an end. One with an end is made so by a
    state that nothing leaves. Without it −log D ≥ 0 would reward long episodes as such, whatever
    the expert's.
    """
    return gamma / (1 - gamma)


def add_absorbing_cost(
    cost_N: Tensor, terminated_N: Tensor, absorbing_cost: Tensor, steps: float
) -> Tensor:
    """Adds, to steps that end an episode, the discounted costs of the absorbing state.

    Args:
        cost_N: costs of the steps.
        terminated_N: whether the episode ended there, without a future.
        absorbing_cost: cost of a step in the absorbing state.
        steps: discounted steps there, `absorbing_steps`; 0 for none.
    """
    check_shape("terminated_N", terminated_N, *cost_N.shape)
    return cost_N + terminated_N * steps * absorbing_cost
