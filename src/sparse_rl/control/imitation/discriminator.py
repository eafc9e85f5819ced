"""The discriminator's network.

Legend: N step (or any dimensions), X number of an observation, A action.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from sparse_rl.control.environments import Spaces
from sparse_rl.control.networks import mlp


class Discriminator(nn.Module):
    """Logits of D(s, a) for vectors of observations and discrete actions.

    Observations are standardised by the expert's. The absorbing state, in which terminated episodes
    stay, has an input of its own and is zero in all others.

    Args:
        spaces: sizes of observations and actions.
        hidden: width of the two hidden layers.
        expert_MX: observations of the expert.
    """

    mean_X: Tensor
    scale_X: Tensor

    def __init__(self, spaces: Spaces, hidden: int, expert_MX: Tensor) -> None:
        super().__init__()
        self.actions = spaces.action
        # It begins undecided, at D = 1/2.
        self.network = mlp(spaces.observation + spaces.action + 1, hidden, 1, gain=0.01)
        self.register_buffer("mean_X", expert_MX.mean(0))
        self.register_buffer("scale_X", expert_MX.std(0, correction=0).clamp(min=0.05))

    def forward(self, observation_NX: Tensor, action_N: Tensor) -> Tensor:
        """Logits N."""
        parts = [
            (observation_NX - self.mean_X) / self.scale_X,
            one_hot(action_N, self.actions).to(observation_NX),
            torch.zeros_like(observation_NX[..., :1]),
        ]
        logit_N1: Tensor = self.network(torch.cat(parts, -1))
        return logit_N1.squeeze(-1)

    def absorbing(self) -> Tensor:
        """Logit of the absorbing state."""
        inputs = torch.zeros(len(self.mean_X) + self.actions + 1, device=self.mean_X.device)
        inputs[-1] = 1.0
        logit_1: Tensor = self.network(inputs)
        return logit_1.squeeze(-1)
