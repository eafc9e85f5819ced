"""ACER for discrete actions: actor-critic with experience replay (Wang et al., ICLR 2017).

Legend: B unroll, T step, N step of any unroll, A action, X number of an observation.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from tensordict import TensorDictBase
from torch import Tensor

from sparse_rl.bounds import Fraction, PositiveAmount, bounded
from sparse_rl.control.environments import Spaces
from sparse_rl.control.networks import mlp
from sparse_rl.control.policy_gradients import (
    entropy_gradient,
    kl_gradient,
    truncated_gradient,
    trust_region,
)
from sparse_rl.control.replay_learner import ReplayLearner
from sparse_rl.control.returns import retrace, time_first


class Acer(ReplayLearner):
    """ACER with a softmax policy; its statistics φ are the logits.

    Args:
        lam: λ of Retrace; 1 in the paper.
        trace_clip: upper bound of Retrace's traces; 1 in the paper.
        entropy_weight: weight of the policy's entropy; 0 to .02.
        options: options of `ReplayLearner`.
    """

    @bounded
    def __init__(
        self,
        lam: Fraction = 1.0,
        trace_clip: PositiveAmount = 1.0,
        entropy_weight: Fraction = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.lam = lam
        self.trace_clip = trace_clip
        self.entropy_weight = entropy_weight

    def build(self, spaces: Spaces) -> None:
        self.policy = mlp(spaces.observation, self.hidden, spaces.action, gain=0.01)
        self.critic = mlp(spaces.observation, self.hidden, spaces.action)
        self.average_policy = copy.deepcopy(self.policy).requires_grad_(False)

    def act(self, now: TensorDictBase) -> TensorDictBase:
        log_mu_EA = self.policy(now["observation"]).log_softmax(-1)
        now["action"] = torch.distributions.Categorical(logits=log_mu_EA).sample()  # type: ignore[no-untyped-call]
        # The full distribution: the correction term needs it.
        now["log_mu"] = log_mu_EA
        return now

    def act_best(self, now: TensorDictBase) -> TensorDictBase:
        now["action"] = self.policy(now["observation"]).argmax(-1)
        return now

    def learn(self, unroll: TensorDictBase, counted: bool) -> dict[str, Tensor | float]:
        action_BT1 = unroll["action"].unsqueeze(-1)
        logits_BTA = self.policy(unroll["observation"])
        q_BTA = self.critic(unroll["observation"])
        q_BT = q_BTA.gather(-1, action_BT1).squeeze(-1)
        with torch.no_grad():
            log_pi_BTA = logits_BTA.log_softmax(-1)
            log_ratio_BTA = log_pi_BTA - unroll["log_mu"]
            ratio_BT = log_ratio_BTA.gather(-1, action_BT1).squeeze(-1).exp()
            next_pi_BTA = self.policy(unroll["next", "observation"]).softmax(-1)
            next_value_BT = (next_pi_BTA * self.critic(unroll["next", "observation"])).sum(-1)
        end = time_first(unroll)
        return_BT = retrace(
            end.reward_TE,
            q_BT.T,
            next_value_BT.T,
            ratio_BT.T,
            end.terminated_TE,
            end.truncated_TE,
            self.gamma,
            self.lam,
            self.trace_clip,
        ).T
        gradient_BTA = self._gradient(unroll, log_pi_BTA, q_BTA, return_BT)
        error_BT = return_BT - q_BT
        loss = self.critic_weight * error_BT.square().mean()
        # The gradient of the statistics goes back through the policy as it is.
        torch.autograd.backward([loss, logits_BTA], [None, -gradient_BTA / return_BT.numel()])
        norm = self.step_optimizer(counted)
        self.move_average(self.average_policy)
        return {
            "critic_loss": error_BT.detach().square().mean(),
            "entropy": -(log_pi_BTA.exp() * log_pi_BTA).sum(-1).mean(),
            "ratio_above_clip": (ratio_BT > self.clip).float().mean(),
            "gradient_norm": norm,
        }

    @torch.no_grad()
    def _gradient(
        self, unroll: TensorDictBase, log_pi_BTA: Tensor, q_BTA: Tensor, return_BT: Tensor
    ) -> Tensor:
        """Gradient of ascent to the logits, within the trust region."""
        log_pi_NA = log_pi_BTA.flatten(0, 1)
        gradient_NA = truncated_gradient(
            log_pi_NA,
            unroll["log_mu"].flatten(0, 1),
            unroll["action"].flatten(),
            return_BT.flatten(),
            q_BTA.flatten(0, 1),
            self.clip,
            self.correction,
        )
        gradient_NA = gradient_NA + self.entropy_weight * entropy_gradient(log_pi_NA)
        if self.trust_region:
            log_average_BTA = self.average_policy(unroll["observation"]).log_softmax(-1)
            kl_NA = kl_gradient(log_pi_NA, log_average_BTA.flatten(0, 1))
            gradient_NA = trust_region(gradient_NA, kl_NA, self.delta)
        return gradient_NA.view_as(log_pi_BTA)
