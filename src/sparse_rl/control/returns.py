"""Returns of trajectories, on-policy and off-policy, as pure functions.

Legend: T step of a trajectory, E environment (or any further dimensions), A action; X1 means that
the dimension X has one more entry, the last.

Every function takes the value of the state that a step *led to* (`next_value_TE`), as it was before
a reset. A step that is `terminated` has no future; one that is `truncated` (a time limit, or the
trajectory's last step) has a future that nobody saw, and its value stands for it. Both end the
recursion, so that nothing flows from one episode into the one before. Results carry no gradient.

Sources: Retrace (Munos et al., 2016, eq. 3), ACER (Wang et al., 2017, eq. 5 and appendix D),
V-trace (Espeholt et al., 2018, eq. 1 and section 4.2).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from tensordict import TensorDictBase
from torch import Tensor

from sparse_rl.estimators.functional import check_shape


class VTrace(NamedTuple):
    """Targets of V-trace.

    Attributes:
        value_TE: target of the critic, v_t.
        advantage_TE: factor of the actor's log-probability gradient.
    """

    value_TE: Tensor
    advantage_TE: Tensor


class Rewards(NamedTuple):
    """What an unroll's steps led to, without the states.

    Attributes:
        reward_TE: rewards.
        terminated_TE: whether the episode ended there, without a future.
        truncated_TE: whether it was cut there.
    """

    reward_TE: Tensor
    terminated_TE: Tensor
    truncated_TE: Tensor


def time_first(unroll_ET: TensorDictBase) -> Rewards:
    """Takes rewards and ends from an unroll of TorchRL's, whose time is the second dimension."""
    names = ("reward", "terminated", "truncated")
    return Rewards(*(unroll_ET["next", name].squeeze(-1).T for name in names))


def _check(reward_TE: Tensor, **others: Tensor) -> None:
    for name, tensor in others.items():
        check_shape(name, tensor, *reward_TE.shape)


@torch.no_grad()
def retrace(
    reward_TE: Tensor,
    q_TE: Tensor,
    next_value_TE: Tensor,
    ratio_TE: Tensor,
    terminated_TE: Tensor,
    truncated_TE: Tensor,
    gamma: float,
    lam: float = 1.0,
    clip: float = 1.0,
) -> Tensor:
    """Q^ret_t = r_t + γ (V_{t+1} + λ min(c, ρ_{t+1}) (Q^ret_{t+1} − Q_{t+1})), backwards in time.

    The weight of a later error is the *product* of the traces in between.

    Args:
        reward_TE: rewards.
        q_TE: Q(x_t, a_t) of the actions taken.
        next_value_TE: V = Σ_a π Q of the state that the step led to.
        ratio_TE: ρ_t = π/μ of the actions taken.
        terminated_TE: whether the episode ended there, without a future.
        truncated_TE: whether the trajectory was cut there.
        gamma: discount.
        lam: λ; 1 in ACER.
        clip: c, upper bound of a trace; 1 contracts for any behaviour policy.

    Returns:
        Q^ret_TE.
    """
    _check(reward_TE, q_TE=q_TE, next_value_TE=next_value_TE, ratio_TE=ratio_TE)
    trace_TE = lam * ratio_TE.clamp(max=clip)
    return q_returns(reward_TE, q_TE, next_value_TE, trace_TE, terminated_TE, truncated_TE, gamma)


@torch.no_grad()
def q_returns(
    reward_TE: Tensor,
    q_TE: Tensor,
    next_value_TE: Tensor,
    trace_TE: Tensor,
    terminated_TE: Tensor,
    truncated_TE: Tensor,
    gamma: float,
) -> Tensor:
    """Q_t = r_t + γ (V_{t+1} + trace_{t+1} (Q_{t+1} − q_{t+1})), for traces of any kind.

    ACER's continuous agent has two: min(1, ρ^{1/n}) for the critic, and 1 for Q^opc, the return of
    its actor.
    """
    _check(reward_TE, q_TE=q_TE, next_value_TE=next_value_TE, trace_TE=trace_TE)
    _check(reward_TE, terminated_TE=terminated_TE, truncated_TE=truncated_TE)
    on_TE = gamma * (~terminated_TE).to(reward_TE.dtype)
    ended_TE = terminated_TE | truncated_TE
    return_TE = torch.empty_like(reward_TE)
    later_E = torch.zeros_like(reward_TE[0])
    for t in reversed(range(len(reward_TE))):
        # The last step of a trajectory is cut, whether it says so or not: nothing is later.
        later_E = torch.where(ended_TE[t], 0.0, later_E)
        return_TE[t] = reward_TE[t] + on_TE[t] * (next_value_TE[t] + later_E)
        later_E = trace_TE[t] * (return_TE[t] - q_TE[t])
    return return_TE


@torch.no_grad()
def lambda_returns(
    reward_TE: Tensor,
    next_value_TE: Tensor,
    terminated_TE: Tensor,
    truncated_TE: Tensor,
    gamma: float,
    lam: float,
) -> Tensor:
    """G_t = r_t + γ ((1 − λ) V_{t+1} + λ G_{t+1}); V_{t+1} at the end of a trajectory."""
    # Traces of λ, where the value of a state stands for Q of the action that was taken in it.
    q_TE = next_value_TE.roll(1, 0)
    trace_TE = torch.full_like(reward_TE, lam)
    return q_returns(reward_TE, q_TE, next_value_TE, trace_TE, terminated_TE, truncated_TE, gamma)


@torch.no_grad()
def n_step_returns(
    reward_TE: Tensor,
    next_value_TE: Tensor,
    terminated_TE: Tensor,
    truncated_TE: Tensor,
    gamma: float,
    n: int,
) -> Tensor:
    """G_t = Σ_{k<n} γ^k r_{t+k} + γ^n V_{t+n}, with fewer steps where the trajectory ends."""
    _check(reward_TE, next_value_TE=next_value_TE)
    _check(reward_TE, terminated_TE=terminated_TE, truncated_TE=truncated_TE)
    on_TE = gamma * (~terminated_TE).to(reward_TE.dtype)
    ended_TE = terminated_TE | truncated_TE
    ended_TE = torch.cat([ended_TE[:-1], torch.ones_like(ended_TE[-1:])])
    return_TE = reward_TE + on_TE * next_value_TE
    # Each pass turns returns of k steps into returns of k + 1.
    for _ in range(n - 1):
        longer_TE = reward_TE + on_TE * return_TE.roll(-1, 0)
        return_TE = torch.where(ended_TE, reward_TE + on_TE * next_value_TE, longer_TE)
    return return_TE


@torch.no_grad()
def v_trace(
    reward_TE: Tensor,
    value_TE: Tensor,
    next_value_TE: Tensor,
    ratio_TE: Tensor,
    terminated_TE: Tensor,
    truncated_TE: Tensor,
    gamma: float,
    rho_clip: float = 1.0,
    trace_clip: float = 1.0,
    actor_clip: float = 1.0,
) -> VTrace:
    """v_t = V_t + δ_t + γ c_t (v_{t+1} − V_{t+1}), δ_t = min(ρ̄, ρ_t)(r_t + γ V_{t+1} − V_t).

    The actor's factor is min(ρ̄_pg, ρ_t)(r_t + γ v_{t+1} − V_t), with V_{t+1} for v_{t+1} at the end
    of a trajectory.

    Args:
        reward_TE: rewards.
        value_TE: V(x_t).
        next_value_TE: V of the state that the step led to.
        ratio_TE: ρ_t = π/μ of the actions taken.
        terminated_TE: whether the episode ended there, without a future.
        truncated_TE: whether the trajectory was cut there.
        gamma: discount.
        rho_clip: ρ̄, which decides to which policy's value the targets converge.
        trace_clip: c̄, which decides how fast; at most ρ̄.
        actor_clip: ρ̄_pg.
    """
    _check(reward_TE, value_TE=value_TE, next_value_TE=next_value_TE, ratio_TE=ratio_TE)
    _check(reward_TE, terminated_TE=terminated_TE, truncated_TE=truncated_TE)
    on_TE = gamma * (~terminated_TE).to(reward_TE.dtype)
    ended_TE = terminated_TE | truncated_TE
    error_TE = reward_TE + on_TE * next_value_TE - value_TE
    delta_TE = ratio_TE.clamp(max=rho_clip) * error_TE
    trace_TE = ratio_TE.clamp(max=trace_clip)
    target_TE, advantage_TE = torch.empty_like(reward_TE), torch.empty_like(reward_TE)
    # v_{t+1} − V_{t+1}
    later_E = torch.zeros_like(reward_TE[0])
    for t in reversed(range(len(reward_TE))):
        later_E = torch.where(ended_TE[t], 0.0, later_E)
        advantage_TE[t] = error_TE[t] + on_TE[t] * later_E
        later_E = delta_TE[t] + on_TE[t] * trace_TE[t] * later_E
        target_TE[t] = value_TE[t] + later_E
    return VTrace(target_TE, ratio_TE.clamp(max=actor_clip) * advantage_TE)
