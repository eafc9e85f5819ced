"""What learners share that take a loss of TorchRL's and its advantages."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from tensordict import TensorDictBase
from tensordict.nn import InteractionType, TensorDictModule, set_interaction_type
from torch import Tensor
from torchrl.modules import ProbabilisticActor, ValueOperator
from torchrl.objectives import LossModule, ValueEstimators

from sparse_rl.bounds import Fraction, PositiveAmount, bounded
from sparse_rl.control.environments import Spaces
from sparse_rl.control.learner import ControlLearner
from sparse_rl.control.networks import mlp


class OnPolicyLearner(ControlLearner):
    """Learns from what the policy of now has done; a softmax policy and a critic of states.

    Args:
        lam: λ of the generalised advantage estimate; 1 takes the returns of the whole unroll.
        entropy_weight: weight of the policy's entropy; 0 to .02.
        critic_weight: weight of the critic's squared error; .25 to 1.
        options: options of `ControlLearner`.
    """

    @bounded
    def __init__(
        self,
        lam: Fraction = 0.95,
        entropy_weight: Fraction = 0.0,
        critic_weight: PositiveAmount = 0.5,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.lam = lam
        self.entropy_weight = entropy_weight
        self.critic_weight = critic_weight

    @abstractmethod
    def make_objective(self, actor: ProbabilisticActor, critic: ValueOperator) -> LossModule:
        """Makes the loss."""

    def build(self, spaces: Spaces) -> None:
        policy = mlp(spaces.observation, self.hidden, spaces.action, gain=0.01)
        actor = ProbabilisticActor(
            TensorDictModule(policy, ["observation"], ["logits"]),
            in_keys=["logits"],
            distribution_class=torch.distributions.Categorical,
            return_log_prob=True,
        )
        critic = ValueOperator(mlp(spaces.observation, self.hidden, 1), ["observation"])
        self.objective = self.make_objective(actor, critic)
        self.objective.make_value_estimator(
            ValueEstimators.GAE, gamma=self.gamma, lmbda=self.lam, deactivate_vmap=True
        )

    def act(self, now: TensorDictBase) -> TensorDictBase:
        return self._act(now, InteractionType.RANDOM)

    def act_best(self, now: TensorDictBase) -> TensorDictBase:
        return self._act(now, InteractionType.MODE)

    def _act(self, now: TensorDictBase, how: InteractionType) -> TensorDictBase:
        with set_interaction_type(how):
            acted: TensorDictBase = self.objective.actor_network(now)
        return acted

    def descend(self, data: TensorDictBase, counted: bool) -> dict[str, Tensor | float]:
        """Takes one step on the loss; returns what is to be logged.

        Args:
            data: steps of the policy.
            counted: whether it is the trainer's step too.
        """
        losses = self.objective(data)
        # Without a weight of the entropy there is no loss of it.
        parts = [value for name, value in losses.items() if name.startswith("loss_")]
        torch.stack(parts).sum().backward()  # type: ignore[no-untyped-call]
        found = {
            "critic_loss": losses["loss_critic"].detach() / self.critic_weight,
            "gradient_norm": self.step_optimizer(counted),
        }
        return found | ({"entropy": losses["entropy"].detach()} if "entropy" in losses else {})
