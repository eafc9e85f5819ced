"""ACER for continuous actions (Wang et al., ICLR 2017, section 5).

Legend: B unroll, T step, N step of any unroll, A coordinate of an action, U action drawn from the
policy, X number of an observation.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from tensordict import TensorDictBase
from torch import Tensor, nn

from sparse_rl.bounds import Count, PositiveAmount, bounded
from sparse_rl.control.duelling import StochasticDuelling
from sparse_rl.control.environments import Spaces
from sparse_rl.control.networks import mlp
from sparse_rl.control.policy_gradients import (
    gaussian_gradient,
    gaussian_kl_gradient,
    trust_region,
)
from sparse_rl.control.replay_learner import ReplayLearner
from sparse_rl.control.returns import q_returns, time_first


class AcerContinuous(ReplayLearner):
    """ACER with a Gaussian policy of fixed width; its statistics φ are the means.

    Actions are in units of the environment's bound: the mean is within ±1, and what is drawn
    beyond is cut off by the environment alone.

    Args:
        sigma: standard deviation of the policy, in units of the bound; .1 to .5.
        drawn: n, actions that stand for the policy's mean in the duelling network; 3 to 10.
        duelling: whether the critic is the stochastic duelling network; otherwise Q and V are two
            networks.
        retrace: whether the critic's returns have Retrace's traces; otherwise traces are 1, and
            what the behaviour policy did counts as the policy's own.
        options: options of `ReplayLearner`.
    """

    discrete = False

    @bounded
    def __init__(
        self,
        sigma: PositiveAmount = 0.3,
        drawn: Count = 5,
        duelling: bool = True,
        retrace: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.sigma = sigma
        self.drawn = drawn
        self.duelling = duelling
        self.retrace = retrace

    def build(self, spaces: Spaces) -> None:
        X, A = spaces.observation, spaces.action
        self.bound = spaces.bound
        self.policy = nn.Sequential(mlp(X, self.hidden, A, gain=0.01), nn.Tanh())
        self.critic = StochasticDuelling(X, A, self.hidden, self.duelling)
        self.average_policy = copy.deepcopy(self.policy).requires_grad_(False)

    def act(self, now: TensorDictBase) -> TensorDictBase:
        mean_EA = self.policy(now["observation"])
        now["drawn"] = mean_EA + self.sigma * torch.randn_like(mean_EA)
        now["mean"] = mean_EA
        return self._within_bounds(now, now["drawn"])

    def act_best(self, now: TensorDictBase) -> TensorDictBase:
        return self._within_bounds(now, self.policy(now["observation"]))

    def _within_bounds(self, now: TensorDictBase, action_EA: Tensor) -> TensorDictBase:
        now["action"] = self.bound * action_EA.clamp(-1.0, 1.0)
        return now

    def learn(self, unroll: TensorDictBase, counted: bool) -> dict[str, Tensor | float]:
        observation_BTX, action_BTA = unroll["observation"], unroll["drawn"]
        mean_BTA = self.policy(observation_BTX)
        now_BTA = mean_BTA.detach()
        q_BT, value_BT = self.critic(observation_BTX, action_BTA, self._draw(now_BTA))
        with torch.no_grad():
            ratio_BT = self._ratio(now_BTA, unroll["mean"], action_BTA)
            # One action a' ~ π, for the correction term.
            other_BTA = self._draw(now_BTA)[..., 0, :]
            other_q_BT, _ = self.critic(observation_BTX, other_BTA, self._draw(now_BTA))
            next_value_BT = self.critic.value(unroll["next", "observation"]).squeeze(-1)
            # min(1, ρ^{1/n}) with n coordinates, which cuts less than min(1, ρ).
            trace_BT = ratio_BT.pow(1 / action_BTA.shape[-1]).clamp(max=1.0)
        one_BT = torch.ones_like(trace_BT)
        return_BT = self._returns(unroll, q_BT, next_value_BT, trace_BT if self.retrace else one_BT)
        opc_BT = self._returns(unroll, q_BT, next_value_BT, one_BT)
        gradient_NA = gaussian_gradient(
            now_BTA.flatten(0, 1),
            self.sigma,
            action_BTA.flatten(0, 1),
            ratio_BT.flatten(),
            (opc_BT - value_BT).flatten(),
            other_BTA.flatten(0, 1),
            self._ratio(now_BTA, unroll["mean"], other_BTA).flatten(),
            (other_q_BT - value_BT).flatten(),
            self.clip,
            self.correction,
        )
        if self.trust_region:
            with torch.no_grad():
                average_BTA = self.average_policy(observation_BTX)
            kl_NA = gaussian_kl_gradient(
                now_BTA.flatten(0, 1), average_BTA.flatten(0, 1), self.sigma
            )
            gradient_NA = trust_region(gradient_NA, kl_NA, self.delta)
        error_BT = return_BT - q_BT
        # V's own target is min(1, ρ)(Q^ret − Q̃) + V, held fixed.
        move_BT = (ratio_BT.clamp(max=1.0) * error_BT).detach()
        loss = error_BT.square().mean() + (value_BT.detach() + move_BT - value_BT).square().mean()
        gradient_BTA = gradient_NA.view_as(now_BTA) / return_BT.numel()
        torch.autograd.backward([self.critic_weight * loss, mean_BTA], [None, -gradient_BTA])
        norm = self.step_optimizer(counted)
        self.move_average(self.average_policy)
        return {
            "critic_loss": error_BT.detach().square().mean(),
            "ratio_above_clip": (ratio_BT > self.clip).float().mean(),
            "gradient_norm": norm,
        }

    def _returns(
        self, unroll: TensorDictBase, q_BT: Tensor, next_value_BT: Tensor, trace_BT: Tensor
    ) -> Tensor:
        end = time_first(unroll)
        return q_returns(
            end.reward_TE,
            q_BT.T,
            next_value_BT.T,
            trace_BT.T,
            end.terminated_TE,
            end.truncated_TE,
            self.gamma,
        ).T

    def _draw(self, mean_BTA: Tensor) -> Tensor:
        """Actions from the policy, [B, T, U, A]."""
        shape = (*mean_BTA.shape[:-1], self.drawn, mean_BTA.shape[-1])
        noise = torch.randn(shape, device=mean_BTA.device, dtype=mean_BTA.dtype)
        return mean_BTA.unsqueeze(-2) + self.sigma * noise

    def _ratio(self, mean_BTA: Tensor, behaviour_BTA: Tensor, action_BTA: Tensor) -> Tensor:
        """π/μ of actions; both are Gaussians of the same width."""
        far_BTA = (action_BTA - behaviour_BTA).square() - (action_BTA - mean_BTA).square()
        return (far_BTA.sum(-1) / (2 * self.sigma**2)).exp()
