"""The expert of MountainCar: the best action by value iteration.

Legend: N car or point of the grid, S state (position, velocity), C corner of a cell, A action.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from sparse_rl.control.causal.mountain_car import ACTIONS, HIGH, LOW, move

POINTS = 101
"""Points of the grid on either axis."""


def best_actions(state_NS: Tensor) -> Tensor:
    """Actions of the greatest value; they pump energy into the car, and then let it run."""
    return _back_up(_values(), *_look_ahead(state_NS)).argmax(-1)


@cache
def _values(tolerance: float = 1e-3) -> Tensor:
    """−(steps to the goal) of the best policy on the points of the grid; [N].

    Between the points values are interpolated, so the dynamics are the environment's own.
    """
    ends = zip(LOW, HIGH, strict=True)
    axes = [torch.linspace(low, high, POINTS, dtype=torch.float64) for low, high in ends]
    state_NS = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).flatten(0, 1)
    ahead = _look_ahead(state_NS)
    value_N = torch.zeros(len(state_NS), dtype=torch.float64)
    while True:
        new_N = _back_up(value_N, *ahead).amax(-1)
        if (new_N - value_N).abs().max() < tolerance:
            return new_N
        value_N = new_N


def _look_ahead(state_NS: Tensor) -> tuple[Tensor, Tensor]:
    """Where each action leads: corners and their weights [N, A, C]; no weight at the goal."""
    found = []
    for action in range(ACTIONS):
        next_NS, reached_N = move(state_NS, torch.full((len(state_NS),), action))
        corner_NC, weight_NC = _interpolation(next_NS)
        found.append((corner_NC, weight_NC * ~reached_N.unsqueeze(-1)))
    corners, weights = zip(*found, strict=True)
    return torch.stack(corners, 1), torch.stack(weights, 1)


def _back_up(value_N: Tensor, corner_NAC: Tensor, weight_NAC: Tensor) -> Tensor:
    """Q = −1 + V(next); [N, A]."""
    return -1 + (weight_NAC * value_N[corner_NAC]).sum(-1)


def _interpolation(state_NS: Tensor) -> tuple[Tensor, Tensor]:
    """Bilinear interpolation: the corners of a state's cell and their weights, both [N, C]."""
    low, high = torch.tensor([LOW, HIGH], dtype=torch.float64)
    place_NS = ((state_NS - low) / (high - low)).clamp(0, 1) * (POINTS - 1)
    cell_NS = place_NS.long().clamp(max=POINTS - 2)
    corner_N = cell_NS[:, 0] * POINTS + cell_NS[:, 1]
    across_N, up_N = (place_NS - cell_NS).unbind(-1)
    corners = [corner_N, corner_N + 1, corner_N + POINTS, corner_N + POINTS + 1]
    weights = [(1 - across_N) * (1 - up_N), (1 - across_N) * up_N]
    weights += [across_N * (1 - up_N), across_N * up_N]
    return torch.stack(corners, -1), torch.stack(weights, -1)
