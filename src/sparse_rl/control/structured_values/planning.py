"""Value iteration in finite processes, as pure functions.

Legend: S state, A action, K state that an action can lead to.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sparse_rl.control.structured_values.problems import Problem

TOLERANCE = 1e-9
"""Greatest change of a value, relative to the greatest one, at which an iteration ends."""


def bellman(problem: Problem, value_S: Tensor, gamma: float) -> Tensor:
    """Q_SA = r + γ Σ_k p(k) V(k)."""
    return problem.reward_SA + gamma * _expected(value_S, problem.next_SAK, problem.chance_SAK)


def optimal_values(problem: Problem, gamma: float) -> Tensor:
    """Q*_SA, by sweeps over all states and actions."""
    value_S = torch.zeros_like(problem.reward_SA[:, 0])
    while True:
        q_SA = bellman(problem, value_S, gamma)
        before_S, value_S = value_S, q_SA.amax(1)
        if (value_S - before_S).abs().max() <= TOLERANCE * value_S.abs().max():
            return q_SA


def greedy_return(problem: Problem, q_SA: Tensor, gamma: float) -> float:
    """Discounted return of the greedy policy, mean over all states as the first."""
    state_S, action_S = torch.arange(len(q_SA)), q_SA.argmax(1)
    reward_S, next_SK, chance_SK = (part[state_S, action_S] for part in problem)
    value_S = torch.zeros_like(reward_S)
    while True:
        before_S, value_S = value_S, reward_S + gamma * _expected(value_S, next_SK, chance_SK)
        if (value_S - before_S).abs().max() <= TOLERANCE * value_S.abs().max():
            return float(value_S.mean())


def _expected(value_S: Tensor, next_K: Tensor, chance_K: Tensor) -> Tensor:
    return (value_S[next_K] * chance_K).sum(-1)
