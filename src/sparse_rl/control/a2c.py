"""Advantage actor-critic, the on-policy baseline: TorchRL's loss and its advantages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensordict import TensorDictBase
from torch import Tensor
from torchrl.modules import ProbabilisticActor, ValueOperator
from torchrl.objectives import A2CLoss

from sparse_rl.bounds import Fraction, bounded
from sparse_rl.control.on_policy import OnPolicyLearner


class A2c(OnPolicyLearner):
    """Learns from each unroll once, with TorchRL's A2CLoss.

    Args:
        lam: λ of the generalised advantage estimate; 1 takes the returns of the whole unroll.
        options: options of `OnPolicyLearner`.
    """

    @bounded
    def __init__(self, lam: Fraction = 1.0, **options: Any) -> None:
        super().__init__(lam=lam, **options)

    def make_objective(self, actor: ProbabilisticActor, critic: ValueOperator) -> A2CLoss:
        return A2CLoss(
            actor,
            critic,
            entropy_coeff=self.entropy_weight,
            critic_coeff=self.critic_weight,
            loss_critic_type="l2",
            functional=False,
        )

    def update(self, unroll: TensorDictBase) -> Mapping[str, Tensor | float]:
        return self.descend(unroll, counted=True)
