"""Problems of continuous control on a grid: finite processes with exact values.

A state is a point of a grid of positions and speeds. What a step leads to lies between four points;
it is taken for a chance of each, by linear interpolation, so the process is a Markov decision
process and value iteration converges.

Legend: S state, P position, V speed, A action, K neighbour on the grid.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class Problem(NamedTuple):
    """A finite Markov decision process, in double precision.

    Attributes:
        reward_SA: reward of an action.
        next_SAK: states that it can lead to.
        chance_SAK: their chances.
    """

    reward_SA: Tensor
    next_SAK: Tensor
    chance_SAK: Tensor


def pendulum(positions: int, speeds: int, actions: int) -> Problem:
    """Pendulum-v1 of Gymnasium: swing up and stay, with a torque that is too weak for one go."""
    angle = torch.arange(positions, dtype=torch.float64) / positions * 2 * math.pi - math.pi
    speed = torch.linspace(-8, 8, speeds, dtype=torch.float64)
    torque = torch.linspace(-2, 2, actions, dtype=torch.float64)
    angle_PVA, speed_PVA, torque_PVA = torch.meshgrid(angle, speed, torque, indexing="ij")
    reward_PVA = -(angle_PVA**2 + 0.1 * speed_PVA**2 + 0.001 * torque_PVA**2)
    gain_PVA = 15.0 * torch.sin(angle_PVA) + 3.0 * torque_PVA
    next_speed_PVA = (speed_PVA + 0.05 * gain_PVA).clamp(-8, 8)
    next_angle_PVA = angle_PVA + 0.05 * next_speed_PVA
    return _problem(
        reward_PVA,
        _around((next_angle_PVA + math.pi) / (2 * math.pi) * positions, positions),
        _between((next_speed_PVA + 8) / 16 * (speeds - 1), speeds),
    )


def double_integrator(positions: int, speeds: int, actions: int) -> Problem:
    """A mass on a line is brought to rest at 0; reward and bounds as in Yang et al. (2020)."""
    position = torch.linspace(-3, 3, positions, dtype=torch.float64)
    speed = torch.linspace(-3, 3, speeds, dtype=torch.float64)
    force = torch.linspace(-1, 1, actions, dtype=torch.float64)
    position_PVA, speed_PVA, force_PVA = torch.meshgrid(position, speed, force, indexing="ij")
    next_speed_PVA = (speed_PVA + 0.1 * force_PVA).clamp(-3, 3)
    next_position_PVA = (position_PVA + 0.1 * next_speed_PVA).clamp(-3, 3)
    return _problem(
        -0.5 * (position_PVA**2 + speed_PVA**2),
        _between((next_position_PVA + 3) / 6 * (positions - 1), positions),
        _between((next_speed_PVA + 3) / 6 * (speeds - 1), speeds),
    )


PROBLEMS: dict[str, Callable[[int, int, int], Problem]] = {
    "pendulum": pendulum,
    "double_integrator": double_integrator,
}
"""Problems by name: functions of the numbers of positions, speeds and actions."""


class _Points(NamedTuple):
    """The two nearest points of an axis, in the last dimension, and their weights."""

    points: Tensor
    weight: Tensor


def _between(place: Tensor, count: int) -> _Points:
    """Points of an axis that ends; places are within it."""
    low = place.floor().clamp(max=count - 2)
    share = place - low
    return _Points(torch.stack([low, low + 1], -1).long(), torch.stack([1 - share, share], -1))


def _around(place: Tensor, count: int) -> _Points:
    """Points of a circle."""
    low = place.floor()
    share = place - low
    points = torch.stack([low, low + 1], -1).long() % count
    return _Points(points, torch.stack([1 - share, share], -1))


def _problem(reward_PVA: Tensor, position: _Points, speed: _Points) -> Problem:
    speeds, actions = reward_PVA.shape[1:]
    next_PVAKK = position.points.unsqueeze(-1) * speeds + speed.points.unsqueeze(-2)
    chance_PVAKK = position.weight.unsqueeze(-1) * speed.weight.unsqueeze(-2)
    return Problem(
        reward_PVA.reshape(-1, actions),
        next_PVAKK.reshape(-1, actions, 4),
        chance_PVAKK.reshape(-1, actions, 4),
    )
