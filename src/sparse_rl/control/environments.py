"""Environments of Gymnasium, as a data module of TorchRL's batched environments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import pytorch_lightning as pl
from torchrl.envs import GymWrapper

from sparse_rl.bounds import Count, bounded
from sparse_rl.control.errors import ControlError


@dataclass(frozen=True)
class Spaces:
    """Sizes of an environment's observations and actions.

    Attributes:
        observation: numbers of an observation.
        action: number of discrete actions, or of coordinates of a continuous one.
        discrete: whether actions are discrete.
        bound: greatest absolute value of every coordinate of a continuous action.
    """

    observation: int
    action: int
    discrete: bool
    bound: float = 1.0


class GymDataModule(pl.LightningDataModule):
    """Runs environments one after the other in the learner's process; a batch is an unroll of all.

    Args:
        name: environment of Gymnasium, such as CartPole-v1.
        environments: environments that are stepped together; 4 to 64. With more, an update sees
            more episodes, and there are fewer updates per environment step.
        unroll: steps of every environment between two updates; 5 to 50.
        unrolls_per_epoch: unrolls between two evaluations.
        episodes: episodes of an evaluation, with the policy's best action; 10 to 100.
        max_episode_steps: time limit of an episode; null for the environment's own.
        observed: numbers of the observation that agents see, such as [0, 2] for the positions of
            CartPole-v1 without its velocities; null for all.
    """

    name: str

    @bounded
    def __init__(
        self,
        name: str = "CartPole-v1",
        environments: Count = 16,
        unroll: Count = 20,
        unrolls_per_epoch: Count = 50,
        episodes: Count = 10,
        max_episode_steps: Count | None = None,
        observed: list[int] | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.environments = environments
        self.unroll = unroll
        self.unrolls_per_epoch = unrolls_per_epoch
        self.episodes = episodes
        self.max_episode_steps = max_episode_steps
        self.observed = observed
        try:
            self.goal = gym.spec(name).reward_threshold
        except gym.error.Error as error:
            raise ControlError(
                f"set data.name to an environment of Gymnasium: {' '.join(str(error).split())}"
            ) from error

    # No DataLoader: it would draw from the random generator at moments that resuming changes.

    def train_dataloader(self) -> range:
        """Numbers of the epoch's unrolls, which the learner draws itself."""
        return range(self.unrolls_per_epoch)

    def val_dataloader(self) -> range:
        """One evaluation."""
        return range(1)

    test_dataloader = val_dataloader

    def part(self, count: int) -> GymDataModule:
        """Returns one of so many equal parts of the environments, without the trainer."""
        return GymDataModule(
            name=self.name,
            environments=self.environments // count,
            unroll=self.unroll,
            max_episode_steps=self.max_episode_steps,
            observed=self.observed,
        )

    def measures(self, mean_return: float) -> dict[str, float]:
        """What an evaluation logs of its mean return."""
        return {"return": mean_return}

    def vector(self, count: int) -> gym.vector.SyncVectorEnv:
        """Makes environments that are stepped together and reset one by one.

        Raises:
            ControlError: a package that the environment needs is missing.
        """
        try:
            return gym.vector.SyncVectorEnv([self._one] * count, autoreset_mode="Disabled")
        except gym.error.DependencyNotInstalled as error:
            raise ControlError(f"install what {self.name} needs: {error}") from error

    def make(self, count: int) -> GymWrapper:
        """Makes the same for TorchRL."""
        return GymWrapper(self.vector(count), categorical_action_encoding=True)

    def _one(self) -> gym.Env[Any, Any]:
        env: gym.Env[Any, Any] = gym.make(self.name, max_episode_steps=self.max_episode_steps)
        space = env.observation_space
        if not (isinstance(space, gym.spaces.Box) and len(space.shape) == 1):
            raise ControlError(
                f"choose an environment whose observations are vectors: {self.name} has {space}"
            )
        seen = self.observed
        if seen is None:
            return env
        if not seen or not all(0 <= number < space.shape[0] for number in seen):
            raise ControlError(
                f"set data.observed to numbers from 0 to {space.shape[0] - 1}, or null: got {seen}"
            )
        part = gym.spaces.Box(space.low[seen], space.high[seen])
        return gym.wrappers.TransformObservation(env, lambda whole: whole[seen], part)

    def spaces(self) -> Spaces:
        """Reads the sizes of observations and actions.

        Raises:
            ControlError: observations are no vectors, or have no such numbers as are to be seen, or
                actions are neither discrete nor bounded.
        """
        env = self._one()
        observation, action = env.observation_space, env.action_space
        env.close()
        assert observation.shape is not None
        size = observation.shape[0]
        if isinstance(action, gym.spaces.Discrete):
            return Spaces(size, int(action.n), True)
        if isinstance(action, gym.spaces.Box) and action.is_bounded() and len(action.shape) == 1:
            bound = float(abs(action.high).max())
            if (action.high == bound).all() and (action.low == -bound).all():
                return Spaces(size, action.shape[0], False, bound)
        raise ControlError(
            f"choose an environment with discrete actions, or vectors within equal bounds: "
            f"{self.name} has {action}"
        )
