"""DDPG (Lillicrap et al., 2016): TorchRL's loss in the learner that the others have too.

Legend: E environment, A coordinate of an action.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from tensordict import TensorDictBase
from tensordict.nn import TensorDictModule
from torch import Tensor, nn
from torchrl.objectives import DDPGLoss, SoftUpdate

from sparse_rl.bounds import Count, NonNegative, PositiveAmount, PositiveFraction, bounded
from sparse_rl.control.environments import Spaces
from sparse_rl.control.networks import mlp
from sparse_rl.control.replay import LearnerWithReplay, UnrollReplay
from sparse_rl.control.value_expansion.ensembles import EnsembleCritic

KEPT = (
    "observation",
    "move",
    "action",
    ("next", "observation"),
    ("next", "reward"),
    ("next", "done"),
    ("next", "terminated"),
)
"""What the replay keeps of a transition."""


class Ddpg(LearnerWithReplay):
    """Deterministic policy gradients from a replay of single transitions.

    An action is `move` in units of the environment's bound: a policy's within ±1, with Gaussian
    noise in training.

    Args:
        sigma: standard deviation of the noise, in units of the bound; .1 to .3.
        replay_ratio: updates for each environment step; 1.
        replay_batch: transitions of an update; 64 to 256.
        replay_capacity: transitions that the replay keeps.
        replay_start: environment steps with uniformly drawn actions, before the first update.
        tau: share of the way that the target critics move to the critics at each update.
        options: options of `ControlLearner`.
    """

    discrete = False
    critics = 1

    @bounded
    def __init__(
        self,
        sigma: PositiveAmount = 0.1,
        replay_ratio: Count = 1,
        replay_batch: Count = 128,
        replay_capacity: Count = 100_000,
        replay_start: NonNegative = 1000,
        tau: PositiveFraction = 0.005,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.sigma = sigma
        self.replay_ratio = replay_ratio
        self.replay_start = replay_start
        self.tau = tau
        self.replay = UnrollReplay(replay_capacity, replay_batch)

    def build(self, spaces: Spaces) -> None:
        X, A = spaces.observation, spaces.action
        self.bound = spaces.bound
        policy = nn.Sequential(mlp(X, self.hidden, A, gain=0.01), nn.Tanh())
        critic = EnsembleCritic(self.critics, X, A, self.hidden)
        self.objective = DDPGLoss(
            TensorDictModule(policy, ["observation"], ["move"]),
            TensorDictModule(critic, ["observation", "move"], ["state_action_value"]),
        )
        self.objective.make_value_estimator(gamma=self.gamma)
        self._follow = SoftUpdate(self.objective, tau=self.tau)

    def policy(self, observation: Tensor) -> Tensor:
        """The policy's moves."""
        with self.objective.actor_network_params.to_module(self.objective.actor_network):
            move: Tensor = self.objective.actor_network.module(observation)
        return move

    def act(self, now: TensorDictBase) -> TensorDictBase:
        assert self.rollouts is not None
        move_EA = self.policy(now["observation"])
        if self.rollouts.steps < self.replay_start:
            return self._take(now, 2 * torch.rand_like(move_EA) - 1)
        return self._take(now, move_EA + self.sigma * torch.randn_like(move_EA))

    def act_best(self, now: TensorDictBase) -> TensorDictBase:
        return self._take(now, self.policy(now["observation"]))

    def _take(self, now: TensorDictBase, move_EA: Tensor) -> TensorDictBase:
        now["move"] = move_EA.clamp(-1.0, 1.0)
        now["action"] = self.bound * now["move"]
        return now

    def update(self, unroll: TensorDictBase) -> Mapping[str, Tensor | float]:
        assert self.rollouts is not None
        transitions = unroll.select(*KEPT).flatten(0, 1)
        # The replay's unrolls have one step each.
        self.replay.extend(transitions.unsqueeze(1))
        if self.rollouts.steps <= self.replay_start:
            # An empty step: the trainer counts one for every unroll.
            return {"gradient_norm": self.step_optimizer(counted=True)}
        found: dict[str, Tensor | float] = {}
        for number in range(self.replay_ratio * len(transitions)):
            found = self.learn(self.replay.sample().squeeze(1), counted=number == 0)
        return found

    def learn(self, batch: TensorDictBase, counted: bool) -> dict[str, Tensor | float]:
        """Takes one step with transitions [B]; returns what is to be logged.

        Args:
            batch: the transitions.
            counted: whether it is the trainer's step too.
        """
        losses = self.losses(batch)
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        norm = self.step_optimizer(counted)
        self._follow.step()
        named = {f"{name}_loss": value.detach() for name, value in losses.items()}
        return {**named, "gradient_norm": norm}

    def losses(self, batch: TensorDictBase) -> dict[str, Tensor]:
        """Losses whose sum is minimised, by name."""
        found = self.objective(batch)
        return {"actor": found["loss_actor"], "critic": found["loss_value"]}
