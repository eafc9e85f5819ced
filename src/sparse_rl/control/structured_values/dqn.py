"""Deep Q-learning, plain, double or duelling, with targets that may be completed from a part.

Legend: E environment, B transition of a batch, A action.

Sources: DQN (Mnih et al., 2015), double DQN (van Hasselt et al., 2016), duelling networks (Wang et
al., 2016, eq. 9), SV-RL (Yang et al., ICLR 2020, section 4).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from tensordict import TensorDictBase
from torch import Tensor, nn
from torch.nn.functional import smooth_l1_loss

from sparse_rl.bounds import (
    Count,
    Fraction,
    NonNegative,
    PositiveFraction,
    ProperFraction,
    bounded,
)
from sparse_rl.control.environments import Spaces
from sparse_rl.control.networks import mlp
from sparse_rl.control.replay import LearnerWithReplay, UnrollReplay
from sparse_rl.control.structured_values.matrix_estimation import approximate_rank, geometric
from sparse_rl.control.structured_values.targets import completed_values, q_targets

KEPT = ("observation", "action", *(("next", n) for n in ("observation", "reward", "terminated")))
"""What the replay keeps of a transition."""


class Dqn(LearnerWithReplay):
    """Learns Q from a replay of single transitions, with an ε-greedy policy.

    Args:
        double: let the learning network choose the action that the target network values.
        duelling: make Q of a value and of advantages, whose mean is 0.
        observed: p, chance of an entry of the target values (batch × actions) to be seen; the
            others are completed. 1 leaves the targets as they are.
        threshold: last threshold of the completion, as a share of the greatest singular value; .01
            to .1.
        iterations: iterations of the completion, while its threshold falls from 1; 5 to 50.
        updates: updates after each unroll.
        replay_batch: transitions of an update; 32 to 256.
        replay_capacity: transitions that the replay keeps. A small one loses the falls of the first
            episodes: keep all of a short training.
        replay_start: environment steps before the first update.
        tau: share that the target network takes over at each update; .001 to .05.
        last_epsilon: ε at the end of its decay, which begins at 1; .01 to .1.
        exploration_steps: environment steps of the decay.
        options: options of `ControlLearner`.
    """

    @bounded
    def __init__(
        self,
        double: bool = False,
        duelling: bool = False,
        observed: PositiveFraction = 1.0,
        threshold: ProperFraction = 0.02,
        iterations: Count = 10,
        updates: Count = 48,
        replay_batch: Count = 128,
        replay_capacity: Count = 200_000,
        replay_start: NonNegative = 1000,
        tau: PositiveFraction = 0.01,
        last_epsilon: Fraction = 0.05,
        exploration_steps: Count = 10_000,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.double_q = double
        self.duelling = duelling
        self.observed = observed
        self.thresholds = [
            geometric(1.0, threshold, step / iterations) for step in range(1, iterations + 1)
        ]
        self.updates = updates
        self.replay_start = replay_start
        self.tau = tau
        self.last_epsilon = last_epsilon
        self.exploration_steps = exploration_steps
        self.replay_batch = replay_batch
        self.replay = UnrollReplay(replay_capacity, updates * replay_batch)

    def build(self, spaces: Spaces) -> None:
        size = spaces.action + 1 if self.duelling else spaces.action
        self.critic = mlp(spaces.observation, self.hidden, size, activation=nn.ReLU)
        if self.duelling:
            self.critic.append(Duelling())
        self.target = copy.deepcopy(self.critic).requires_grad_(False)

    @property
    def epsilon(self) -> float:
        """Chance of a random action now."""
        assert self.rollouts is not None
        share = min(1.0, self.rollouts.steps / self.exploration_steps)
        return 1.0 + share * (self.last_epsilon - 1.0)

    def act(self, now: TensorDictBase) -> TensorDictBase:
        q_EA = self.critic(now["observation"])
        random_E = torch.randint(q_EA.shape[-1], q_EA.shape[:1])
        explore_E = torch.rand(len(q_EA)) < self.epsilon
        now["action"] = torch.where(explore_E, random_E, q_EA.argmax(-1))
        return now

    def act_best(self, now: TensorDictBase) -> TensorDictBase:
        now["action"] = self.critic(now["observation"]).argmax(-1)
        return now

    def update(self, unroll: TensorDictBase) -> Mapping[str, Tensor | float]:
        assert self.rollouts is not None
        # The replay's unrolls have one step each.
        self.replay.extend(unroll.select(*KEPT).reshape(-1, 1))
        if self.rollouts.steps < self.replay_start:
            # Without gradients nothing changes, but the trainer counts the unroll.
            self.step_optimizer(counted=True)
            return {"epsilon": self.epsilon}
        # One draw for all updates: a call of the replay for each would cost a third of the time.
        batches = self.replay.sample().squeeze(1).split(self.replay_batch)
        for number, batch in enumerate(batches):
            found = self.learn(batch, counted=number == 0)
        # Of the network's own values, whether they are completed or not.
        next_q_BA = self.target(unroll["next", "observation"].flatten(0, 1))
        return found | {"epsilon": self.epsilon, "rank": float(approximate_rank(next_q_BA))}

    def learn(self, batch: TensorDictBase, counted: bool) -> dict[str, Tensor | float]:
        """Takes one step with transitions [B]; returns what is to be logged.

        Args:
            batch: the transitions.
            counted: whether it is the trainer's step too.
        """
        next_q_BA = self.target(batch["next", "observation"])
        if self.observed < 1.0:
            observed_BA = torch.rand_like(next_q_BA) < self.observed
            next_q_BA = completed_values(next_q_BA, observed_BA, self.thresholds)
        with torch.no_grad():
            chooser_BA = self.critic(batch["next", "observation"]) if self.double_q else None
        target_B = q_targets(
            batch["next", "reward"].squeeze(-1),
            batch["next", "terminated"].squeeze(-1),
            next_q_BA,
            self.gamma,
            chooser_BA,
        )
        q_BA = self.critic(batch["observation"])
        q_B = q_BA.gather(-1, batch["action"].unsqueeze(-1)).squeeze(-1)
        loss = smooth_l1_loss(q_B, target_B)
        loss.backward()  # type: ignore[no-untyped-call]
        found = {"critic_loss": loss.detach(), "gradient_norm": self.step_optimizer(counted)}
        for kept, new in zip(self.target.parameters(), self.critic.parameters(), strict=True):
            kept.lerp_(new.detach(), self.tau)
        return found | {"q": q_B.detach().mean()}


class Duelling(nn.Module):
    """Q(x, a) = V(x) + A(x, a) − mean A(x, ·), from V and A side by side."""

    def forward(self, outputs_BA: Tensor) -> Tensor:
        value_B1, advantage_BA = outputs_BA[..., :1], outputs_BA[..., 1:]
        return value_B1 + advantage_BA - advantage_BA.mean(-1, keepdim=True)
