"""SEED RL's layout: no network on actors; the learner's process draws for all of them at once."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any

import numpy as np
import torch
from tensordict import TensorDict, TensorDictBase
from torch import Tensor

from sparse_rl.control.environments import GymDataModule
from sparse_rl.control.layouts.actors import Actors
from sparse_rl.control.layouts.engines import Engine
from sparse_rl.control.rollouts import Act


class SeedActor:
    """Steps environments with the actions that it is sent: actions in, observations out.

    Args:
        data: its environments.
        seed: their seed.
    """

    def __init__(self, data: GymDataModule, seed: int) -> None:
        self._batch = data.vector(data.environments)
        self._nothing = np.zeros((data.environments, 3), np.float32)
        self._batch.reset(seed=seed)

    def __call__(self, message: bytes) -> bytes:
        if not message:
            observation, _ = self._batch.reset()
            return rows(observation, observation, self._nothing)
        after, *ends, _ = self._batch.step(np.frombuffer(message, np.int64))
        done = np.logical_or(ends[1], ends[2])
        after = observation = after.copy()
        if done.any():
            observation, _ = self._batch.reset(options={"reset_mask": done})
        return rows(observation, after, np.stack(ends, 1))


class SeedActors(Actors):
    """An actor sends observations, receives actions, and knows nothing of a policy.

    Whoever has an observation when the first one arrives, or shortly after, is in the batch. The
    steps of an unroll are put together here; the versions of the weights change within it. The
    state of a recurrent policy stays here too.

    Args:
        engine: where the actors live.
        data: the environments; every actor has its part of them.
        count: actors.
        size: numbers of an observation.
        core_size: numbers of the policy's recurrent state; 0 without one.
        seed: seed of the first actor.
        gather: seconds for which a batch that is not full waits for more observations; 0 to .01.
    """

    def __init__(
        self,
        engine: Engine,
        data: GymDataModule,
        count: int,
        size: int,
        core_size: int,
        seed: int,
        gather: float = 0.002,
    ) -> None:
        self._size = size
        self._core_size = core_size
        self._gather = gather
        # The step that each actor is taking, and those of its unroll so far.
        self._taking: list[TensorDictBase | None] = [None] * count
        self._taken: list[list[TensorDictBase]] = [[] for _ in range(count)]
        self._ready: deque[TensorDictBase] = deque()
        part = data.part(count)
        super().__init__(engine, partial(SeedActor, part), count, part.environments, seed)

    def begin(self, index: int) -> None:
        # What a dead actor had under way is no part of anybody's unroll.
        self._taking[index], self._taken[index] = None, []
        self.send(index, b"")

    @torch.no_grad()
    def unroll(self, act: Act, steps: int) -> TensorDictBase:
        while len(self._ready) < self.count:
            self._serve(act, steps)
        return self.join([self._ready.popleft() for _ in range(self.count)])

    def _serve(self, act: Act, steps: int) -> None:
        """Draws one batch of actions, and sends them."""
        everybody = set(range(self.count))
        messages = self.receive(everybody)
        while len(messages) < self.count:
            more = self.receive(everybody - messages.keys(), self._gather)
            if not more:
                break
            messages |= more
        if not messages:
            return
        nows = [self._arrived(index, message, steps) for index, message in messages.items()]
        batch: TensorDictBase = act(torch.cat(nows, 0))
        self.forwards += 1
        for index, step in zip(messages, batch.split(self.members, 0), strict=True):
            self._taking[index] = step
            self.send(index, step["action"].numpy().tobytes())

    def _arrived(self, index: int, message: bytes, steps: int) -> TensorDictBase:
        """Completes the step that an actor has taken; returns what its next one begins with."""
        row = torch.frombuffer(bytearray(message), dtype=torch.float32)
        row = row.view(self.members, -1)
        observation, after, ends = (row[:, : self._size], row[:, self._size : -3], row[:, -3:])
        now: dict[str, Any] = {"observation": observation}
        step = self._taking[index]
        if step is not None:
            reward, terminated, truncated = ends[:, :1], ends[:, 1:2], ends[:, 2:]
            fields: dict[str, Tensor] = {
                "observation": after,
                "reward": reward,
                "terminated": terminated.bool(),
                "truncated": truncated.bool(),
            }
            step["next"] = TensorDict(fields, (self.members,))
            now["core"] = torch.where((terminated + truncated).bool(), 0.0, step["core_next"])
            self._taken[index].append(step.exclude("core_next"))
            if len(self._taken[index]) == steps:
                unroll: TensorDictBase = torch.stack(self._taken[index], 1)
                self.count_returns(index, unroll)
                self._ready.append(unroll)
                self._taken[index] = []
        else:
            now["core"] = torch.zeros(self.members, self._core_size)
        return TensorDict(now, (self.members,))


def rows(observation: Any, after: Any, ends: Any) -> bytes:
    """Encodes a row of single-precision numbers for each environment."""
    joined = np.concatenate([observation, after, ends], 1)
    return bytes(joined.astype(np.float32).tobytes())
