"""Behavioural cloning: the expert's actions as labels of its observations."""

from __future__ import annotations

from typing import Any

import torch
from tensordict import TensorDictBase
from torch import Tensor
from torch.nn.functional import cross_entropy

from sparse_rl.bounds import PositiveAmount, ProperFraction, bounded
from sparse_rl.control.environments import Spaces
from sparse_rl.control.imitation.data import demonstrated
from sparse_rl.control.model import step
from sparse_rl.control.networks import mlp
from sparse_rl.control.player import Player


class BehaviouralCloning(Player):
    """Learns the expert's actions by cross-entropy, with all of its steps in every update.

    A training step is an update; data.unrolls_per_epoch of them are followed by an evaluation. No
    environment is stepped but for that.

    Args:
        held_out: share of the expert's steps that are left out of the training; `val/loss` is
            theirs.
        clip_norm: norm to which gradients are clipped; .5 to 10.
        draw: whether evaluations draw actions instead of taking the most probable one.
        options: options of `Player`.
    """

    @bounded
    def __init__(
        self,
        held_out: ProperFraction = 0.3,
        clip_norm: PositiveAmount = 1.0,
        draw: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.held_out = held_out
        self.clip_norm = clip_norm
        self.draw = draw

    def subject(self) -> str:
        data = demonstrated(self.environments, type(self).__name__)
        return f"{data.name}: {len(data.pairs.action_M)} steps of {data.trajectories} trajectories"

    def build(self, spaces: Spaces) -> None:
        self.policy = mlp(spaces.observation, self.hidden, spaces.action, gain=0.01)
        pairs = demonstrated(self.environments, type(self).__name__).pairs
        order_M = torch.randperm(
            len(pairs.action_M), generator=torch.Generator().manual_seed(self.seed)
        )
        count = max(round(self.held_out * len(order_M)), 1)
        self._held_out, self._trained = (
            (pairs.observation_MX[part], pairs.action_M[part])
            for part in (order_M[:count], order_M[count:])
        )

    def act_best(self, now: TensorDictBase) -> TensorDictBase:
        logits_EA = self.policy(now["observation"])
        law = torch.distributions.Categorical(logits=logits_EA)
        now["action"] = law.sample() if self.draw else logits_EA.argmax(-1)  # type: ignore[no-untyped-call]
        return now

    def training_step(self, batch: int, batch_index: int) -> None:
        """Takes one step."""
        loss = self._loss(*self._trained)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = step(self.optimizers(), self.clip_norm)
        values = {"train/loss": loss.detach(), "train/gradient_norm": norm}
        self.log_against(float(self.global_step), values)

    def validation_step(self, batch: int, batch_index: int) -> None:
        """Logs the mean return of the policy's mode, and the loss of the steps held out."""
        super().validation_step(batch, batch_index)
        loss = self._loss(*self._held_out)
        self.log_against(float(self.global_step), {"val/loss": loss})

    def _loss(self, observation_MX: Tensor, action_M: Tensor) -> Tensor:
        return cross_entropy(self.policy(observation_MX), action_M)
