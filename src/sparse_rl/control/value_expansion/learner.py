"""DDPG with targets of MVE or STEVE (Buckman et al., 2018).

Legend: K horizon, M transition model, L critic, B transition; see `targets`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import torch
from tensordict import TensorDictBase
from torch import Tensor
from torchrl.objectives.value import ValueEstimatorBase

from sparse_rl.bounds import Count, bounded
from sparse_rl.control.environments import Spaces
from sparse_rl.control.value_expansion.ddpg import Ddpg
from sparse_rl.control.value_expansion.targets import candidates, mve, steve
from sparse_rl.control.value_expansion.world_model import WorldModel


class ValueExpansion(Ddpg):
    """DDPG whose critics learn from imagined rollouts; the models learn from the same replay.

    Args:
        target: `mve` is the longest horizon alone, `steve` weighs all by their inverse variance.
        horizon: H, imagined steps; 1 to 5.
        ensemble: transition models, reward models, termination models and critics; 4.
        options: options of `Ddpg`.
    """

    @bounded
    def __init__(
        self,
        target: Literal["mve", "steve"] = "steve",
        horizon: Count = 3,
        ensemble: Count = 4,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.target = target
        self.horizon = horizon
        self.critics = ensemble

    def build(self, spaces: Spaces) -> None:
        super().build(spaces)
        self.model = WorldModel(self.critics, spaces.observation, spaces.action, self.hidden)
        self.objective.make_value_estimator(Targets(self.targets))

    def losses(self, batch: TensorDictBase) -> dict[str, Tensor]:
        # A member of the model has rows of its own.
        rows_MB = torch.randint(len(batch), (self.critics, len(batch)))
        learned = self.model.losses(
            batch["observation"][rows_MB],
            batch["move"][rows_MB],
            batch["next", "observation"][rows_MB],
            batch["next", "reward"].squeeze(-1)[rows_MB],
            batch["next", "terminated"].squeeze(-1)[rows_MB],
        )
        return super().losses(batch) | learned

    def learn(self, batch: TensorDictBase, counted: bool) -> dict[str, Tensor | float]:
        found = super().learn(batch, counted)
        return {**found, "horizon": batch["horizon"].mean()}

    def targets(self, batch: TensorDictBase) -> Tensor:
        """The critics' targets, [B, L], the same for all; adds the mean `horizon` to the batch."""
        target_KMNLB = self.candidates(batch)
        if self.target == "mve":
            target_B = mve(target_KMNLB)
            batch["horizon"] = torch.full_like(target_B, self.horizon)
        else:
            target_B, weight_KB = steve(target_KMNLB)
            batch["horizon"] = torch.arange(len(weight_KB)).to(weight_KB) @ weight_KB
        return target_B.unsqueeze(-1).expand(-1, self.critics)

    @torch.no_grad()
    def candidates(self, batch: TensorDictBase) -> Tensor:
        """Targets of all horizons, models and critics, [K, M, N, L, B]."""
        imagined = self.model.imagine(batch["next", "observation"], self.policy, self.horizon)
        survival_MB = 1.0 - batch["next", "terminated"].squeeze(-1).float()
        survival_MB = survival_MB.expand(self.critics, -1)
        objective = self.objective
        with objective.target_value_network_params.to_module(objective.value_network):
            value_KMBL = objective.value_network.module(
                imagined.observation_KMBX, imagined.action_KMBA
            )
        return candidates(
            batch["next", "reward"].squeeze(-1),
            imagined.reward_HMNB,
            torch.cat([survival_MB.unsqueeze(0), imagined.survival_HMB]),
            value_KMBL.transpose(2, 3),
            self.gamma,
        )


class Targets(ValueEstimatorBase):  # type: ignore[misc]
    """Gives a loss of TorchRL's the targets of a function.

    Args:
        function: targets of transitions.
    """

    def __init__(self, function: Callable[[TensorDictBase], Tensor]) -> None:
        super().__init__(value_network=None)
        self._function = function

    def value_estimate(self, tensordict: TensorDictBase, **options: Any) -> Tensor:
        """The targets of transitions."""
        return self._function(tensordict)

    def forward(self, tensordict: TensorDictBase, **options: Any) -> TensorDictBase:
        """Adds them as `value_target`."""
        tensordict[self.tensor_keys.value_target] = self._function(tensordict)
        return tensordict
