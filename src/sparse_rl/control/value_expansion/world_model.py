"""A learned model of an environment, as ensembles.

Legend: H imagined step, K state of the rollout (one more), M transition model with its termination,
N reward model, B row of a batch, X number of an observation, A coordinate of an action.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from sparse_rl.control.value_expansion.ensembles import Ensemble


class Imagined(NamedTuple):
    """A rollout of a policy in every transition model.

    Attributes:
        observation_KMBX: states, the first of which was observed.
        action_KMBA: the policy's actions there.
        reward_HMNB: rewards of the steps.
        survival_HMB: probabilities that a step did not end the episode.
    """

    observation_KMBX: Tensor
    action_KMBA: Tensor
    reward_HMNB: Tensor
    survival_HMB: Tensor


class WorldModel(nn.Module):
    """Transitions, rewards and terminations.

    A transition model predicts the change of the observation. Rewards and terminations are
    predicted from a step's action and both its ends; every transition model has a termination model
    of its own.

    Args:
        members: members of each of the three ensembles.
        observation: numbers of an observation.
        action: coordinates of an action.
        hidden: width of the two hidden layers.
    """

    def __init__(self, members: int, observation: int, action: int, hidden: int) -> None:
        super().__init__()
        step = 2 * observation + action
        self.transition = Ensemble(members, observation + action, hidden, observation)
        self.reward = Ensemble(members, step, hidden, 1)
        self.termination = Ensemble(members, step, hidden, 1)

    def losses(
        self,
        observation_MBX: Tensor,
        action_MBA: Tensor,
        next_MBX: Tensor,
        reward_MB: Tensor,
        terminated_MB: Tensor,
    ) -> dict[str, Tensor]:
        """Squared errors and cross entropy, means over members, each of which has its own rows."""
        both_MBX = torch.cat([observation_MBX, action_MBA], -1)
        step_MBX = torch.cat([both_MBX, next_MBX], -1)
        change_MBX = next_MBX - observation_MBX
        return {
            "transition": mse_loss(self.transition(both_MBX), change_MBX),
            "reward": mse_loss(self.reward(step_MBX).squeeze(-1), reward_MB),
            "termination": binary_cross_entropy_with_logits(
                self.termination(step_MBX).squeeze(-1), terminated_MB.to(reward_MB)
            ),
        }

    @torch.no_grad()
    def imagine(
        self, observation_BX: Tensor, policy: Callable[[Tensor], Tensor], horizon: int
    ) -> Imagined:
        """Rolls a policy out from observed states, in every transition model.

        Args:
            observation_BX: states.
            policy: gives actions for observations, of any leading dimensions.
            horizon: H, at least 1.
        """
        members = self.transition.members
        states = [observation_BX.expand(members, *observation_BX.shape)]
        actions = [policy(observation_BX).expand(members, -1, -1)]
        steps, survivals = [], []
        for _ in range(horizon):
            both_MBX = torch.cat([states[-1], actions[-1]], -1)
            states.append(states[-1] + self.transition(both_MBX))
            actions.append(policy(states[-1]))
            steps.append(torch.cat([both_MBX, states[-1]], -1))
            survivals.append(-self.termination(steps[-1]).squeeze(-1))
        step_HMBX = torch.stack(steps)
        # Every reward model for the steps of every transition model.
        reward_NHMB = self.reward(step_HMBX.flatten(0, 2)).unflatten(1, step_HMBX.shape[:-1])
        return Imagined(
            torch.stack(states),
            torch.stack(actions),
            reward_NHMB.squeeze(-1).permute(1, 2, 0, 3),
            torch.stack(survivals).sigmoid(),
        )
