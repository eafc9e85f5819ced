"""A policy that actors hold a copy of, or that draws for all of them: with or without memory.

Legend: E environment, T step, A action, H number of the recurrent state, X of an observation.
"""

from __future__ import annotations

import torch
from tensordict import TensorDictBase
from torch import Tensor, nn

from sparse_rl.control.networks import mlp


class CorePolicy(nn.Module):
    """Policy and value on a common body, with or without a recurrent core.

    Its weights carry their version, so that a copy of them knows how old it is.

    Args:
        observation: numbers of an observation.
        action: discrete actions.
        hidden: width of the body's layers, and of the recurrent state.
        recurrent: whether there is a recurrent core, a GRU.

    Attributes:
        version: number of updates that the weights have seen.
        size: numbers of the recurrent state; 0 without one.
    """

    version: Tensor

    def __init__(self, observation: int, action: int, hidden: int, recurrent: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(mlp(observation, hidden, hidden, gain=2**0.5), nn.Tanh())
        self.core = nn.GRUCell(hidden, hidden) if recurrent else None
        self.action = action
        self.size = hidden if recurrent else 0
        self.heads = nn.Linear(hidden, action + 1)
        nn.init.orthogonal_(self.heads.weight, 0.01)
        nn.init.zeros_(self.heads.bias)
        self.register_buffer("version", torch.tensor(0))

    def forward(self, observation: Tensor, core: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns logits, values and the next recurrent state of single steps, of any shape."""
        features = self.body(observation)
        if self.core is not None:
            flat = self.core(features.flatten(0, -2), core.flatten(0, -2))
            core = features = flat.view_as(core)
        logits, value = self.heads(features).split([self.action, 1], -1)
        return logits, value.squeeze(-1), core

    def unroll(
        self, observation_TEX: Tensor, core_EH: Tensor, ended_TE: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Returns logits, values and the state after every step, before a reset."""
        if self.core is None:
            core_TEH = core_EH.expand(*observation_TEX.shape[:2], self.size)
            return self.forward(observation_TEX, core_TEH)
        found = []
        for observation_EX, ended_E in zip(observation_TEX, ended_TE, strict=True):
            found.append(self(observation_EX, core_EH))
            core_EH = torch.where(ended_E.unsqueeze(-1), 0.0, found[-1][2])
        logits_TEA, value_TE, core_TEH = map(torch.stack, zip(*found, strict=True))
        return logits_TEA, value_TE, core_TEH

    def act(self, now: TensorDictBase) -> TensorDictBase:
        """Draws actions; keeps their law, the state that it depends on, and the version."""
        now["log_mu"] = self._law(now)
        now["action"] = torch.distributions.Categorical(logits=now["log_mu"]).sample()  # type: ignore[no-untyped-call]
        now["version"] = self.version.repeat(now.batch_size)
        return now

    def act_best(self, now: TensorDictBase) -> TensorDictBase:
        """Takes the most probable actions."""
        now["action"] = self._law(now).argmax(-1)
        return now

    def _law(self, now: TensorDictBase) -> Tensor:
        """Returns log-probabilities, and carries the recurrent state on."""
        core = now.get("core")
        if core is None:
            core = now["observation"].new_zeros(*now.batch_size, self.size)
        logits, _, now["core_next"] = self(now["observation"], core)
        now["core"] = core
        log_mu: Tensor = logits.log_softmax(-1)
        return log_mu
