"""Generative adversarial imitation learning (Ho, Ermon, NeurIPS 2016).

Legend: E environment, T step, N step of an unroll, M step of the expert, P parameter of the policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from tensordict import TensorDictBase
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from sparse_rl.bounds import Amount, Count, LearningRate, PositiveAmount, bounded
from sparse_rl.control.environments import Spaces
from sparse_rl.control.errors import ControlError
from sparse_rl.control.imitation.adversarial import (
    absorbing_steps,
    add_absorbing_cost,
    cost,
    discriminator_objective,
)
from sparse_rl.control.imitation.data import demonstrated
from sparse_rl.control.imitation.discriminator import Discriminator
from sparse_rl.control.imitation.natural_gradient import (
    as_log_policy,
    surrogate,
    trust_region_step,
)
from sparse_rl.control.ppo import Ppo


class Gail(Ppo):
    """Lowers the cost log D of a discriminator that is learned with the policy.

    The environment's own rewards are not used; returns are logged only.

    Args:
        step: the policy's step: "ppo", or the paper's "trpo".
        absorbing: whether terminated episodes go on in an absorbing state, so that neither long nor
            short episodes are rewarded as such. Without it they end, as in the paper.
        discriminator_lr: learning rate of the discriminator.
        discriminator_steps: its steps for each unroll; 1 to 10.
        delta: δ of the step "trpo": greatest mean divergence of the new policy from the old one.
        damping: multiple of the identity that "trpo" adds to the Fisher matrix.
        draw: whether evaluations draw actions, as the training does, instead of taking the most
            probable one. It is the drawn steps that are like the expert's; the most probable ones
            alone may be stuck somewhere.
        options: options of `Ppo`; `entropy_weight` is the paper's λ.

    Raises:
        ControlError: there is an absorbing state and no discount.
    """

    @bounded
    def __init__(
        self,
        step: Literal["ppo", "trpo"] = "ppo",
        absorbing: bool = True,
        discriminator_lr: LearningRate = 3e-3,
        discriminator_steps: Count = 1,
        delta: PositiveAmount = 0.01,
        damping: Amount = 0.1,
        draw: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if absorbing and self.gamma == 1:
            raise ControlError(
                "set gamma below 1, or absorbing to false: its costs have no sum otherwise"
            )
        self.step = step
        self.discriminator_lr = discriminator_lr
        self.discriminator_steps = discriminator_steps
        self.delta = delta
        self.damping = damping
        self.draw = draw
        self.steps_after_end = absorbing_steps(self.gamma) if absorbing else 0.0

    def build(self, spaces: Spaces) -> None:
        super().build(spaces)
        self.pairs = demonstrated(self.environments, type(self).__name__).pairs
        self.discriminator = Discriminator(spaces, self.hidden, self.pairs.observation_MX)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        groups: list[dict[str, Any]] = [
            {"params": self.objective.parameters()},
            {"params": self.discriminator.parameters(), "lr": self.discriminator_lr},
        ]
        return torch.optim.Adam(groups, self.lr, eps=1e-5)

    def act_best(self, now: TensorDictBase) -> TensorDictBase:
        return self.act(now) if self.draw else super().act_best(now)

    def update(self, unroll: TensorDictBase) -> Mapping[str, Tensor | float]:
        found = self._discriminate(unroll.reshape(-1))
        with torch.no_grad():
            cost_ET = cost(self.discriminator(unroll["observation"], unroll["action"]))
            absorbing = cost(self.discriminator.absorbing())
            ended_ET = unroll["next", "terminated"].squeeze(-1)
            full_ET = add_absorbing_cost(cost_ET, ended_ET, absorbing, self.steps_after_end)
            unroll["next", "reward"] = -self.reward_scale * full_ET.unsqueeze(-1)
        return {**found, "cost": cost_ET.mean(), **super().update(unroll)}

    def _discriminate(self, steps: TensorDictBase) -> dict[str, Tensor | float]:
        """Ascends on E_π log D + E_E log(1 − D)."""
        pairs = self.pairs
        ended_N = steps["next", "terminated"].squeeze(-1)
        weight_N = self._weights(len(steps), float(ended_N.sum()))
        expert_weight_M = self._weights(len(pairs.action_M), pairs.ends / pairs.every)
        for _ in range(self.discriminator_steps):
            absorbing_1 = self.discriminator.absorbing().unsqueeze(0)
            logit_N = self.discriminator(steps["observation"], steps["action"])
            expert_M = self.discriminator(pairs.observation_MX, pairs.action_M)
            objective = discriminator_objective(
                torch.cat([logit_N, absorbing_1]),
                weight_N,
                torch.cat([expert_M, absorbing_1]),
                expert_weight_M,
            )
            (-objective).backward()  # type: ignore[no-untyped-call]
            self.step_optimizer(counted=False)
        return {
            "discriminator_objective": objective.detach(),
            "d_policy": logit_N.detach().sigmoid().mean(),
            "d_expert": expert_M.detach().sigmoid().mean(),
            "d_absorbing": absorbing_1.detach().sigmoid().mean(),
        }

    def _weights(self, steps: int, ends: float) -> Tensor:
        """A step counts once; the absorbing state, the last, as often as episodes stay there."""
        return torch.cat([torch.ones(steps), torch.tensor([ends * self.steps_after_end])])

    def improve(self, steps: TensorDictBase) -> Mapping[str, Tensor | float]:
        if self.step == "ppo":
            return super().improve(steps)
        return {**self._natural_step(steps), **self.in_minibatches(steps, self._fit_critic)}

    @property
    def policy(self) -> nn.Module:
        """The network of the policy's logits."""
        module: nn.Module = self.objective.actor_network.module[0].module
        return module

    def _natural_step(self, steps: TensorDictBase) -> dict[str, Tensor | float]:
        advantage_N = steps["advantage"].squeeze(-1)
        advantage_N = (advantage_N - advantage_N.mean()) / (advantage_N.std() + 1e-6)

        def objective(log_pi_NA: Tensor) -> Tensor:
            log_mu_N = steps["action_log_prob"]
            return surrogate(log_pi_NA, steps["action"], log_mu_N, advantage_N, self.entropy_weight)

        step = trust_region_step(
            as_log_policy(self.policy, steps["observation"]),
            parameters_to_vector(self.policy.parameters()).detach(),
            objective,
            self.delta,
            self.damping,
        )
        vector_to_parameters(step.theta_P, self.policy.parameters())
        return {"kl": step.kl, "gain": step.gain}

    def _fit_critic(self, steps: TensorDictBase, counted: bool) -> dict[str, Tensor | float]:
        value_N1 = self.objective.critic_network(steps.select("observation"))["state_value"]
        loss = mse_loss(value_N1, steps["value_target"])
        loss.backward()  # type: ignore[no-untyped-call]
        norm = self.step_optimizer(counted)
        return {"critic_loss": loss.detach(), "gradient_norm": norm}
