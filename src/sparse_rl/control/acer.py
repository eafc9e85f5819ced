"""ACER for discrete actions: actor-critic with experience replay (Wang et al., ICLR 2017).

Legend: B unroll, T step, A action.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from tensordict import TensorDictBase
from torch import Tensor

from sparse_rl.bounds import (
    Amount,
    Count,
    Fraction,
    LearningRate,
    NonNegative,
    PositiveAmount,
    Seed,
    Width,
    bounded,
)
from sparse_rl.control.environments import Spaces
from sparse_rl.control.learner import ControlLearner
from sparse_rl.control.networks import mlp
from sparse_rl.control.policy_gradients import (
    entropy_gradient,
    kl_gradient,
    truncated_gradient,
    trust_region,
)
from sparse_rl.control.replay import UnrollReplay
from sparse_rl.control.returns import retrace


class Acer(ControlLearner):
    """Learns from each unroll once on-policy, and then from unrolls of the replay.

    Args:
        hidden: width of the two hidden layers of policy and critic; 32 to 256.
        lr: learning rate of Adam; 1e-4 to 1e-2.
        gamma: discount; .95 to .999.
        entropy_weight: weight of the policy's entropy; 0 to .02.
        reward_scale: factor of the rewards as the learner sees them; returns are logged as they
            are. With it, returns should be of the order of 1 to 10.
        clip_norm: norm to which gradients are clipped; .5 to 10.
        stop_when_solved: end the training when the mean return of 100 episodes reaches the
            environment's own threshold (475 for CartPole-v1).
        replay_ratio: updates from the replay for each update on-policy; 0, 1, 4 or 8.
        replay_batch: unrolls of an update from the replay; 8 to 64.
        replay_capacity: unrolls that the replay keeps; as many environment steps as that times
            data.unroll.
        replay_start: environment steps before the first update from the replay.
        clip: c, upper bound of the importance weights; 1 to 10.
        correction: whether the correction term makes up for the truncation.
        lam: λ of Retrace.
        trace_clip: upper bound of Retrace's traces; 1 in the paper.
        trust_region: whether the gradient is projected.
        delta: δ, how far a step may move away from the average policy; .1 to 2.
        average: α, the share that the average policy keeps at each update; .9 to .999.
        critic_weight: weight of the critic's squared error; .25 to 1.
        seed: seed of the environments; null for seed_everything's.
    """

    @bounded
    def __init__(
        self,
        hidden: Width = 64,
        lr: LearningRate = 1e-3,
        gamma: Fraction = 0.99,
        entropy_weight: Fraction = 1e-3,
        reward_scale: PositiveAmount = 1.0,
        clip_norm: PositiveAmount = 1.0,
        stop_when_solved: bool = False,
        replay_ratio: NonNegative = 4,
        replay_batch: Count = 16,
        replay_capacity: Count = 2500,
        replay_start: NonNegative = 1000,
        clip: Amount = 10.0,
        correction: bool = True,
        lam: Fraction = 1.0,
        trace_clip: PositiveAmount = 1.0,
        trust_region: bool = True,
        delta: Amount = 1.0,
        average: Fraction = 0.99,
        critic_weight: PositiveAmount = 0.5,
        seed: Seed | None = None,
    ) -> None:
        super().__init__(
            hidden, lr, gamma, entropy_weight, reward_scale, clip_norm, stop_when_solved, seed
        )
        self.replay_ratio = replay_ratio
        self.replay_start = replay_start
        self.clip = clip
        self.correction = correction
        self.lam = lam
        self.trace_clip = trace_clip
        self.trust_region = trust_region
        self.delta = delta
        self.average = average
        self.critic_weight = critic_weight
        self.replay = UnrollReplay(replay_capacity, replay_batch)

    def build(self, spaces: Spaces) -> None:
        self.policy = mlp(spaces.observation, self.hidden, spaces.action, gain=0.01)
        self.critic = mlp(spaces.observation, self.hidden, spaces.action)
        self.average_policy = copy.deepcopy(self.policy).requires_grad_(False)

    def act(self, now: TensorDictBase) -> TensorDictBase:
        log_mu_EA = self.policy(now["observation"]).log_softmax(-1)
        now["action"] = torch.distributions.Categorical(logits=log_mu_EA).sample()
        now["log_mu"] = log_mu_EA
        return now

    def act_best(self, now: TensorDictBase) -> TensorDictBase:
        now["action"] = self.policy(now["observation"]).argmax(-1)
        return now

    def memory_state(self) -> dict[str, Any]:
        return {"replay": self.replay.state_dict()}

    def load_memory_state(self, state: Mapping[str, Any]) -> None:
        self.replay.load_state_dict(state["replay"])

    def update(self, unroll: TensorDictBase) -> Mapping[str, Tensor | float]:
        assert self.rollouts is not None
        found = self._learn(unroll, counted=True)
        if self.replay_ratio:
            self.replay.extend(unroll)
            if self.rollouts.steps >= self.replay_start:
                for _ in range(self.replay_ratio):
                    replayed = self._learn(self.replay.sample(), counted=False)
                found |= {f"replay/{name}": value for name, value in replayed.items()}
        return found

    def _learn(self, unroll: TensorDictBase, counted: bool) -> dict[str, Tensor | float]:
        """Takes one step with the unrolls [B, T]."""
        observation_BTX, after = unroll["observation"], unroll["next"]
        action_BT1 = unroll["action"].unsqueeze(-1)
        logits_BTA = self.policy(observation_BTX)
        q_BTA = self.critic(observation_BTX)
        q_BT = q_BTA.gather(-1, action_BT1).squeeze(-1)
        with torch.no_grad():
            log_pi_BTA = logits_BTA.log_softmax(-1)
            ratio_BTA = (log_pi_BTA - unroll["log_mu"]).exp()
            ratio_BT = ratio_BTA.gather(-1, action_BT1).squeeze(-1)
            next_pi_BTA = self.policy(after["observation"]).softmax(-1)
            next_value_BT = (next_pi_BTA * self.critic(after["observation"])).sum(-1)
            return_BT = retrace(
                after["reward"].squeeze(-1).T,
                q_BT.T,
                next_value_BT.T,
                ratio_BT.T,
                after["terminated"].squeeze(-1).T,
                after["truncated"].squeeze(-1).T,
                self.gamma,
                self.lam,
                self.trace_clip,
            ).T
        gradient_BTA = self._gradient(unroll, log_pi_BTA, q_BTA, return_BT)
        error_BT = return_BT - q_BT
        loss = self.critic_weight * error_BT.square().mean()
        # Gradients of the statistics go back through the policy as they are.
        torch.autograd.backward([loss, logits_BTA], [None, -gradient_BTA / return_BT.numel()])
        norm = self.step_optimizer(counted)
        with torch.no_grad():
            for kept, new in zip(
                self.average_policy.parameters(), self.policy.parameters(), strict=True
            ):
                kept.lerp_(new, 1 - self.average)
        return {
            "critic_loss": error_BT.detach().square().mean(),
            "entropy": -(log_pi_BTA.exp() * log_pi_BTA).sum(-1).mean(),
            "ratio_above_clip": (ratio_BT > self.clip).float().mean(),
            "gradient_norm": norm,
        }

    def _gradient(
        self, unroll: TensorDictBase, log_pi_BTA: Tensor, q_BTA: Tensor, return_BT: Tensor
    ) -> Tensor:
        """Gradient of ascent to the logits, within the trust region."""
        gradient_NA = truncated_gradient(
            log_pi_BTA.flatten(0, 1),
            unroll["log_mu"].flatten(0, 1),
            unroll["action"].flatten(),
            return_BT.flatten(),
            q_BTA.flatten(0, 1),
            self.clip,
            self.correction,
        )
        log_pi_NA = log_pi_BTA.flatten(0, 1)
        gradient_NA = gradient_NA + self.entropy_weight * entropy_gradient(log_pi_NA)
        if self.trust_region:
            with torch.no_grad():
                log_average_BTA = self.average_policy(unroll["observation"]).log_softmax(-1)
            kl_NA = kl_gradient(log_pi_NA, log_average_BTA.flatten(0, 1))
            gradient_NA = trust_region(gradient_NA, kl_NA, self.delta)
        return gradient_NA.view_as(log_pi_BTA)
