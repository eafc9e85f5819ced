"""Small networks for vectors of observations."""

from __future__ import annotations

import math

from torch import nn


def mlp(inputs: int, hidden: int, outputs: int, gain: float = 1.0) -> nn.Sequential:
    """Two hidden layers of tanh, with orthogonal weights.

    Args:
        inputs: numbers of an observation.
        hidden: width of the hidden layers.
        outputs: numbers of an output.
        gain: scale of the last layer's weights; small for a policy, which then begins uniform.
    """
    layers = [nn.Linear(inputs, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, outputs)]
    for layer, scale in zip(layers, (math.sqrt(2), math.sqrt(2), gain), strict=True):
        nn.init.orthogonal_(layer.weight, scale)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(layers[0], nn.Tanh(), layers[1], nn.Tanh(), layers[2])
