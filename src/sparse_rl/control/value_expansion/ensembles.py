"""Ensembles of small networks, whose members are computed together.

Legend: M member, B row of a batch, X number of an input, Y number of an output.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sparse_rl.control.networks import mlp


class Ensemble(nn.Module):
    """Networks of `mlp` with weights of their own, as batched matrix products.

    Args:
        members: networks.
        inputs: numbers of an input.
        hidden: width of the two hidden layers.
        outputs: numbers of an output.
    """

    def __init__(self, members: int, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        networks = [mlp(inputs, hidden, outputs) for _ in range(members)]
        self.members = members
        # By layer; those between have no weights.
        layers: list[list[nn.Linear]] = [
            [layer for layer in each if isinstance(layer, nn.Linear)]
            for each in zip(*networks, strict=True)
        ]
        layers = [each for each in layers if each]
        self.weights = nn.ParameterList(
            torch.stack([layer.weight.detach().T for layer in each]) for each in layers
        )
        self.biases = nn.ParameterList(
            torch.stack([layer.bias.detach().unsqueeze(0) for layer in each]) for each in layers
        )

    def forward(self, input_MBX: Tensor) -> Tensor:
        """Returns Y_MBY, from a batch of every member, or from one [B, X] for all."""
        now_MBX = input_MBX.expand(self.members, *input_MBX.shape[-2:])
        for depth, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            now_MBX = torch.baddbmm(bias, now_MBX.tanh() if depth else now_MBX, weight)
        return now_MBX


class EnsembleCritic(nn.Module):
    """Q of every member.

    Args:
        members: critics.
        observation: numbers of an observation.
        action: coordinates of an action.
        hidden: width of the two hidden layers.
    """

    def __init__(self, members: int, observation: int, action: int, hidden: int) -> None:
        super().__init__()
        self.ensemble = Ensemble(members, observation + action, hidden, 1)

    def forward(self, observation: Tensor, action: Tensor) -> Tensor:
        """Returns [..., L], the last dimension of the critics."""
        both = torch.cat([observation, action], -1)
        q_LB = self.ensemble(both.flatten(0, -2)).squeeze(-1)
        q: Tensor = q_LB.T.unflatten(0, both.shape[:-1])
        return q
