"""A policy that is told which of its inputs it sees.

Legend: N observation, I input, G mask, A action.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sparse_rl.control.causal.masks import graph_input
from sparse_rl.control.causal.mountain_car import CarPolicy
from sparse_rl.control.networks import mlp


class GraphPolicy(nn.Module):
    """π_G(X) = f([X ⊙ G, G]): one network for the policies of all masks.

    Args:
        inputs: numbers of an observation.
        hidden: width of the two hidden layers.
        actions: number of actions.
    """

    def __init__(self, inputs: int, hidden: int, actions: int) -> None:
        super().__init__()
        self.inputs = inputs
        self.network = mlp(2 * inputs, hidden, actions)

    def forward(self, observation_NI: Tensor, mask_I: Tensor) -> Tensor:
        """Computes log-probabilities of the actions; [N, A].

        Args:
            observation_NI: observations.
            mask_I: a mask for all of them, or one for each, [N, I].
        """
        # Environments and regressions of masks count in double precision.
        observation_NI, mask_I = observation_NI.float(), mask_I.float()
        input_N = graph_input(observation_NI, mask_I.expand_as(observation_NI))
        log_pi_NA: Tensor = self.network(input_N).log_softmax(-1)
        return log_pi_NA

    def act(self, mask_I: Tensor) -> CarPolicy:
        """The best actions of π_G as a function of observations."""

        @torch.no_grad()
        def best(observation_NI: Tensor) -> Tensor:
            log_pi_NA: Tensor = self(observation_NI, mask_I)
            return log_pi_NA.argmax(-1)

        return best

    @torch.no_grad()
    def of_all(self, observation_NI: Tensor, mask_GI: Tensor) -> Tensor:
        """Log-probabilities of the actions under each mask; [G, N, A]."""
        return torch.stack([self(observation_NI, mask_I) for mask_I in mask_GI])
