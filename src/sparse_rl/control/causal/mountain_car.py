"""MountainCar-v0 for many episodes at once, as pure functions of tensors.

Gymnasium steps one car at a time. A hundred thousand steps of an expert, and the returns of eight
masks, take seconds here; a test compares the two step by step.

Legend: N car, S state (position, velocity), T step, I input of the policy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

ACTIONS = 3
"""Push left, do nothing, push right."""
LOW, HIGH = (-1.2, -0.07), (0.6, 0.07)
"""Bounds of position and velocity."""
TIME_LIMIT = 200

_GOAL = 0.5
_FORCE, _GRAVITY = 0.001, 0.0025

CarPolicy = Callable[[Tensor], Tensor]
"""Chooses actions [N] for observations [N, I]."""
Observe = Callable[[Tensor, Tensor], Tensor]
"""What a policy sees of states [N, S] and the actions before [N]: observations [N, I]."""


class Episodes(NamedTuple):
    """Episodes of many cars, padded to the longest.

    Attributes:
        observation_TNI: what the policy saw.
        action_TN: the actions.
        running_TN: whether the episode had not ended yet; all else is padding where it had.
    """

    observation_TNI: Tensor
    action_TN: Tensor
    running_TN: Tensor

    @property
    def returns(self) -> Tensor:
        """Every step costs one."""
        return -self.running_TN.sum(0).double()

    @property
    def steps(self) -> tuple[Tensor, Tensor]:
        """Observations and actions of all steps, episode by episode."""
        running_NT = self.running_TN.T
        return self.observation_TNI.transpose(0, 1)[running_NT], self.action_TN.T[running_NT]


def move(state_NS: Tensor, action_N: Tensor) -> tuple[Tensor, Tensor]:
    """One step of the dynamics; returns the next states, and whether they are at the goal."""
    (left, slowest), (right, fastest) = LOW, HIGH
    position_N, velocity_N = state_NS.unbind(-1)
    slope_N = torch.cos(3 * position_N)
    push_N = _FORCE * (action_N - 1).to(state_NS.dtype)
    velocity_N = velocity_N + push_N - _GRAVITY * slope_N
    velocity_N = velocity_N.clamp(slowest, fastest)
    position_N = (position_N + velocity_N).clamp(left, right)
    # The wall on the left stops a car.
    velocity_N = torch.where((position_N == left) & (velocity_N < 0), 0.0, velocity_N)
    reached_N = (position_N >= _GOAL) & (velocity_N >= 0)
    return torch.stack([position_N, velocity_N], -1), reached_N


def starts(count: int, generator: torch.Generator) -> Tensor:
    """The environment's own starts: at rest, in the valley."""
    position_N = _uniform(-0.6, -0.4, count, generator)
    return torch.stack([position_N, torch.zeros_like(position_N)], -1)


def wide_starts(count: int, generator: torch.Generator) -> Tensor:
    """Starts of the demonstrations, which otherwise would show little: anywhere, in motion."""
    position_N = _uniform(-1.0, 0.5, count, generator)
    velocity_N = 0.07 * torch.randn(count, generator=generator, dtype=torch.float64)
    return torch.stack([position_N, velocity_N], -1)


def any_actions(count: int, generator: torch.Generator) -> Tensor:
    """Actions drawn uniformly."""
    return torch.randint(ACTIONS, (count,), generator=generator)


@torch.no_grad()
def play(
    act: CarPolicy, observe: Observe, state_NS: Tensor, previous_N: Tensor, limit: int = TIME_LIMIT
) -> Episodes:
    """Plays an episode of every car.

    Args:
        act: the policy.
        observe: what it sees.
        state_NS: starts.
        previous_N: what stands for the action before the first.
        limit: most steps of an episode.
    """
    running_N = torch.ones(len(state_NS), dtype=torch.bool)
    steps: list[tuple[Tensor, Tensor, Tensor]] = []
    while running_N.any() and len(steps) < limit:
        observation_NI = observe(state_NS, previous_N)
        previous_N = act(observation_NI)
        steps.append((observation_NI, previous_N, running_N))
        state_NS, reached_N = move(state_NS, previous_N)
        running_N = running_N & ~reached_N
    return Episodes(*(torch.stack(parts) for parts in zip(*steps, strict=True)))


def _uniform(low: float, high: float, count: int, generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=generator, dtype=torch.float64)
