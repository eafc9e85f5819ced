"""Small networks for vectors of observations."""

from __future__ import annotations

import math

from torch import nn


def mlp(
    inputs: int,
    hidden: int,
    outputs: int,
    gain: float = 1.0,
    activation: type[nn.Module] = nn.Tanh,
) -> nn.Sequential:
    """Two hidden layers, with orthogonal weights.

    Args:
        inputs: numbers of an observation.
        hidden: width of the hidden layers.
        outputs: numbers of an output.
        gain: scale of the last layer's weights; small for a policy, which then begins uniform.
        activation: function of the hidden layers.
    """
    layers = [nn.Linear(inputs, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, outputs)]
    for layer, scale in zip(layers, (math.sqrt(2), math.sqrt(2), gain), strict=True):
        nn.init.orthogonal_(layer.weight, scale)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(layers[0], activation(), layers[1], activation(), layers[2])
