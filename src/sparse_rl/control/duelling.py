"""The stochastic duelling network (ACER, section 4, eq. 13).

Legend: ... any dimensions, A coordinate of an action, U action drawn from the policy.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sparse_rl.control.networks import mlp


class StochasticDuelling(nn.Module):
    """Q̃(x, a) = V(x) + A(x, a) − (1/n) Σ_i A(x, u_i) with u_i ∼ π, so that E_{a∼π} Q̃ = V.

    Args:
        observation: numbers of an observation.
        action: coordinates of an action.
        hidden: width of the two hidden layers of V and of A.
        centred: whether the mean over u is taken off; without it A is an ordinary Q, and V is a
            network beside it.
    """

    def __init__(self, observation: int, action: int, hidden: int, centred: bool = True) -> None:
        super().__init__()
        self.value = mlp(observation, hidden, 1)
        self.advantage = mlp(observation + action, hidden, 1)
        self.centred = centred

    def forward(
        self, observation: Tensor, action: Tensor, drawn_U: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Returns Q̃ of the actions, and V.

        Args:
            observation: observations [..., X].
            action: actions [..., A].
            drawn_U: actions from the policy [..., U, A].
        """
        value = self.value(observation).squeeze(-1)
        own = self._advantage(observation, action)
        if not self.centred:
            return own, value
        spread = observation.unsqueeze(-2).expand(*drawn_U.shape[:-1], observation.shape[-1])
        return value + own - self._advantage(spread, drawn_U).mean(-1), value

    def _advantage(self, observation: Tensor, action: Tensor) -> Tensor:
        found: Tensor = self.advantage(torch.cat([observation, action], -1)).squeeze(-1)
        return found
