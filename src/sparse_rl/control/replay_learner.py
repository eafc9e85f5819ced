"""What ACER's two agents share: replayed updates, and an average policy for the trust region."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from tensordict import TensorDictBase
from torch import Tensor, nn

from sparse_rl.bounds import Amount, Count, Fraction, NonNegative, PositiveAmount, bounded
from sparse_rl.control.replay import LearnerWithReplay, UnrollReplay


class ReplayLearner(LearnerWithReplay):
    """Learns from each unroll once on-policy, and then from unrolls of the replay.

    Args:
        replay_ratio: updates from the replay for each update on-policy; 0, 1, 4 or 8.
        replay_batch: unrolls of an update from the replay; 8 to 64.
        replay_capacity: unrolls that the replay keeps, of data.unroll steps each. A small one keeps
            replayed updates near the policy.
        replay_start: environment steps before the first update from the replay.
        clip: c, upper bound of the importance weights; 1 to 10.
        correction: whether the correction term makes up for the truncation.
        trust_region: whether the gradient is projected.
        delta: δ, how far a step may move away from the average policy; .1 to 2.
        average: α, the share that the average policy keeps at each update; .9 to .999.
        critic_weight: weight of the critic's squared error; .25 to 1.
        options: options of `ControlLearner`.
    """

    policy: nn.Module

    @bounded
    def __init__(
        self,
        replay_ratio: NonNegative = 4,
        replay_batch: Count = 32,
        replay_capacity: Count = 400,
        replay_start: NonNegative = 1000,
        clip: Amount = 10.0,
        correction: bool = True,
        trust_region: bool = True,
        delta: Amount = 1.0,
        average: Fraction = 0.99,
        critic_weight: PositiveAmount = 0.5,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.replay_ratio = replay_ratio
        self.replay_start = replay_start
        self.clip = clip
        self.correction = correction
        self.trust_region = trust_region
        self.delta = delta
        self.average = average
        self.critic_weight = critic_weight
        self.replay = UnrollReplay(replay_capacity, replay_batch)

    @abstractmethod
    def learn(self, unroll: TensorDictBase, counted: bool) -> dict[str, Tensor | float]:
        """Takes one step with unrolls [B, T]; returns what is to be logged.

        Args:
            unroll: the unrolls, with μ's statistics.
            counted: whether it is the trainer's step too.
        """

    def update(self, unroll: TensorDictBase) -> Mapping[str, Tensor | float]:
        assert self.rollouts is not None
        found = self.learn(unroll, counted=True)
        if self.replay_ratio:
            self.replay.extend(unroll)
            if self.rollouts.steps >= self.replay_start:
                for _ in range(self.replay_ratio):
                    replayed = self.learn(self.replay.sample(), counted=False)
                found |= {f"replay/{name}": value for name, value in replayed.items()}
        return found

    @torch.no_grad()
    def move_average(self, average_policy: nn.Module) -> None:
        """θ_a ← α θ_a + (1 − α) θ."""
        pairs = zip(average_policy.parameters(), self.policy.parameters(), strict=True)
        for kept, new in pairs:
            kept.lerp_(new, 1 - self.average)
