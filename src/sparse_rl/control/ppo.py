"""Proximal policy optimisation (Schulman et al., 2017): TorchRL's clipped loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from tensordict import TensorDictBase
from torch import Tensor
from torchrl.modules import ProbabilisticActor, ValueOperator
from torchrl.objectives import ClipPPOLoss

from sparse_rl.bounds import Count, ProperFraction, bounded
from sparse_rl.control.on_policy import OnPolicyLearner

Learn = Callable[[TensorDictBase, bool], dict[str, Tensor | float]]
"""Takes a step with steps of the policy, and is told whether it is the trainer's step too."""


class Ppo(OnPolicyLearner):
    """Learns from each unroll several times, with TorchRL's ClipPPOLoss.

    Args:
        passes: passes over an unroll; 4 to 10.
        minibatch: steps of an update; 64 to 512.
        clip: ε, how far the ratio of the probabilities counts; .1 to .3.
        options: options of `OnPolicyLearner`.
    """

    @bounded
    def __init__(
        self,
        passes: Count = 4,
        minibatch: Count = 256,
        clip: ProperFraction = 0.2,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.passes = passes
        self.minibatch = minibatch
        self.clip = clip

    def make_objective(self, actor: ProbabilisticActor, critic: ValueOperator) -> ClipPPOLoss:
        return ClipPPOLoss(
            actor,
            critic,
            clip_epsilon=self.clip,
            entropy_coeff=self.entropy_weight,
            critic_coeff=self.critic_weight,
            loss_critic_type="l2",
            normalize_advantage=True,
            functional=False,
        )

    def update(self, unroll: TensorDictBase) -> Mapping[str, Tensor | float]:
        with torch.no_grad():
            # Once, before the critic moves.
            self.objective.value_estimator(unroll)
        return self.improve(unroll.reshape(-1))

    def improve(self, steps: TensorDictBase) -> Mapping[str, Tensor | float]:
        """Improves policy and critic with steps [N] that have advantages and value targets."""
        return self.in_minibatches(steps, self.descend)

    def in_minibatches(self, steps: TensorDictBase, learn: Learn) -> dict[str, Tensor | float]:
        """Calls a step of learning for all minibatches of all passes; returns the last one's."""
        found: dict[str, Tensor | float] = {}
        for index in range(self.passes):
            parts = torch.split(torch.randperm(len(steps)), self.minibatch)
            for place, part in enumerate(parts, 1):
                found = learn(steps[part], index == self.passes - 1 and place == len(parts))
        return found
