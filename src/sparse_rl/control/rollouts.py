"""Unrolls of a policy in a batch of environments, which a checkpoint resumes exactly.

Legend: E environment, T step.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import torch
from tensordict import TensorDict, TensorDictBase
from torchrl.envs import GymWrapper
from torchrl.envs.utils import step_mdp

Act = Callable[[TensorDictBase], TensorDictBase]
"""Adds an action, and what the learner wants to keep of its law, to observations."""

WINDOW = 100
"""Finished episodes whose mean return is reported."""


class Unroller(Protocol):
    """Who steps the environments of a training.

    Attributes:
        steps: environment steps so far.
    """

    steps: int

    @property
    def mean_return(self) -> float | None:
        """Mean return of the last episodes; None before `WINDOW` have ended."""

    def unroll(self, act: Act, steps: int) -> TensorDictBase:
        """Returns steps of shape [E, T]."""

    def state_dict(self) -> dict[str, Any]:
        """State for a checkpoint."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a checkpoint."""

    def close(self) -> None:
        """Ends all; may be called again."""


class Rollouts:
    """Steps environments, from unroll to unroll, and counts steps and returns.

    An environment of Gymnasium has no state that could be saved. But an episode is a function of
    the state of its random generator before the reset and of its actions since: both are kept of
    every episode under way, and resuming plays these again.

    Args:
        env: the environments.
        seed: seed of the first; the others' follow it.

    Attributes:
        steps: environment steps so far.
        returns: returns of the last episodes that ended, at most `WINDOW`.
    """

    def __init__(self, env: GymWrapper, seed: int) -> None:
        self._env = env
        self._members = env.unwrapped.envs
        self.steps = 0
        self.returns: deque[float] = deque(maxlen=WINDOW)
        env.set_seed(seed)
        # The generators' states before the resets, the actions since, and the rewards' sums.
        self._starts = [_random_state(member) for member in self._members]
        self._actions: list[list[torch.Tensor]] = [[] for _ in self._members]
        self._sums = [0.0 for _ in self._members]
        self._now: TensorDictBase = env.reset()

    @property
    def mean_return(self) -> float | None:
        return mean_of(self.returns)

    @torch.no_grad()
    def unroll(self, act: Act, steps: int) -> TensorDict:
        """Steps all environments so many times; fields of shape [E, T]."""
        taken = [self._step(act) for _ in range(steps)]
        return torch.stack(taken, 1)

    def _step(self, act: Act) -> TensorDictBase:
        step: TensorDictBase = self._env.step(act(self._now))
        self.steps += len(self._members)
        rewards = step["next", "reward"].reshape(-1).tolist()
        done = step["next", "done"].reshape(-1).tolist()
        for index, (action, reward) in enumerate(zip(step["action"], rewards, strict=True)):
            self._actions[index].append(action)
            self._sums[index] += reward
            if done[index]:
                self.returns.append(self._sums[index])
                self._starts[index] = _random_state(self._members[index])
                self._actions[index], self._sums[index] = [], 0.0
        self._now = go_on(self._env, step)
        return step

    def close(self) -> None:
        """Closes the environments."""
        self._env.close()

    def state_dict(self) -> dict[str, Any]:
        """The episodes under way and the counts, in tensors and plain containers."""
        return {
            "steps": self.steps,
            "returns": list(self.returns),
            "starts": list(self._starts),
            "actions": [torch.stack(a) if a else torch.empty(0) for a in self._actions],
            # Of a recurrent policy.
            "core": self._now.get("core"),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Plays the saved episodes again."""
        self.steps = state["steps"]
        self.returns = deque(state["returns"], WINDOW)
        self._starts = list(state["starts"])
        self._actions = [list(actions) for actions in state["actions"]]
        self._now = self._env.reset()
        observations = []
        for index, member in enumerate(self._members):
            member.unwrapped.np_random.bit_generator.state = self._starts[index]
            observation, _ = member.reset()
            self._sums[index] = 0.0
            for action in self._actions[index]:
                observation, reward, *_ = member.step(action.numpy())
                # Rounded as TorchRL does.
                self._sums[index] += float(torch.tensor(reward, dtype=torch.float32))
            observations.append(torch.as_tensor(observation))
        self._now["observation"] = torch.stack(observations).to(self._now["observation"])
        if state["core"] is not None:
            self._now["core"] = state["core"]


def mean_of(returns: deque[float]) -> float | None:
    """Mean of the last episodes' returns; None before `WINDOW` have ended."""
    return sum(returns) / WINDOW if len(returns) == WINDOW else None


def go_on(env: GymWrapper, step: TensorDictBase) -> TensorDictBase:
    """Returns what the next step begins with: environments that ended are reset.

    A recurrent policy reads its state from `core` and leaves the next one in `core_next`; it is
    zero at the start of an episode.
    """
    now: TensorDictBase = env.maybe_reset(step_mdp(step))
    core = step.get("core_next")
    if core is not None:
        now["core"] = torch.where(step["next", "done"], 0.0, core)
    return now


def _random_state(member: Any) -> dict[str, Any]:
    state: dict[str, Any] = member.unwrapped.np_random.bit_generator.state
    return state


@torch.no_grad()
def evaluate(env: GymWrapper, act: Act, seed: int) -> list[float]:
    """Returns of one episode of every environment."""
    env.set_seed(seed)
    now = env.reset()
    sum_E = torch.zeros(len(now))
    running_E = torch.ones(len(now), dtype=torch.bool)
    while running_E.any():
        step = env.step(act(now))
        sum_E += torch.where(running_E, step["next", "reward"].squeeze(-1), 0.0)
        running_E &= ~step["next", "done"].squeeze(-1)
        now = go_on(env, step)
    found: list[float] = sum_E.tolist()
    return found
