"""IMPALA's layout: every actor has a copy of the weights, and sends unrolls."""

from __future__ import annotations

from collections import deque
from functools import partial

import safetensors.torch
from tensordict import TensorDict, TensorDictBase
from torch import Tensor

from sparse_rl.control.core_policy import CorePolicy
from sparse_rl.control.environments import GymDataModule
from sparse_rl.control.layouts.actors import Actors
from sparse_rl.control.layouts.engines import Engine
from sparse_rl.control.rollouts import Act, Rollouts

NEEDED = ("observation", "action", "log_mu", "version", "core")
NEEDED_AFTER = ("observation", "reward", "terminated", "truncated")


class ImpalaActor:
    """Plays a copy of the policy: weights in, unroll out.

    Args:
        data: its environments.
        policy: the copy.
        seed: seed of the environments.
    """

    def __init__(self, data: GymDataModule, policy: CorePolicy, seed: int) -> None:
        self._policy = policy
        self._steps = data.unroll
        self._rollouts = Rollouts(data.make(data.environments), seed)

    def __call__(self, message: bytes) -> bytes:
        self._policy.load_state_dict(safetensors.torch.load(message))
        return pack(self._rollouts.unroll(self._policy.act, self._steps))


class ImpalaActors(Actors):
    """An actor receives weights, unrolls, sends the unroll, and waits for the next weights.

    These come at once, so it goes on while the learner learns. What it sends is then of a policy
    one or two versions old.

    Args:
        engine: where the actors live.
        data: the environments; every actor has its part of them.
        count: actors.
        policy: the policy whose weights are sent.
        seed: seed of the first actor.
    """

    def __init__(
        self, engine: Engine, data: GymDataModule, count: int, policy: CorePolicy, seed: int
    ) -> None:
        self._policy = policy
        self._ready: deque[TensorDictBase] = deque()
        part = data.part(count)
        super().__init__(engine, partial(ImpalaActor, part, policy), count, part.environments, seed)

    def begin(self, index: int) -> None:
        weights = {name: tensor.detach() for name, tensor in self._policy.state_dict().items()}
        self.send(index, safetensors.torch.save(weights))

    def unroll(self, act: Act, steps: int) -> TensorDictBase:
        found: list[TensorDictBase] = []
        while len(found) < self.count:
            for index, message in self.receive(set(range(self.count))).items():
                # The next one is under way before this one is learned from.
                self.begin(index)
                unroll = unpack(message, self.members, steps)
                self.count_returns(index, unroll)
                self.forwards += steps
                self._ready.append(unroll)
            while self._ready and len(found) < self.count:
                found.append(self._ready.popleft())
        return self.join(found)


def pack(unroll: TensorDictBase) -> bytes:
    """Encodes the fields of an unroll that learning needs."""
    fields: dict[str, Tensor] = {name: unroll[name] for name in NEEDED}
    fields |= {f"next.{name}": unroll["next", name] for name in NEEDED_AFTER}
    return bytes(safetensors.torch.save({k: v.contiguous() for k, v in fields.items()}))


def unpack(message: bytes, members: int, steps: int) -> TensorDictBase:
    """Decodes an unroll."""
    fields = safetensors.torch.load(message)
    return TensorDict(fields, (members, steps)).unflatten_keys(".")
