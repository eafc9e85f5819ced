"""IMPALA's layout: every actor has a copy of the weights, and sends unrolls."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection

import safetensors.torch
import torch
from tensordict import TensorDict, TensorDictBase
from torch import Tensor, nn

from sparse_rl.control.environments import GymDataModule
from sparse_rl.control.layouts.actors import Actors
from sparse_rl.control.rollouts import Act, Rollouts

NEEDED = ("observation", "action", "log_mu", "version", "core")
NEEDED_AFTER = ("observation", "reward", "terminated", "truncated")


class ImpalaActors(Actors):
    """An actor receives weights, unrolls, sends the unroll, and waits for the next weights.

    These come at once, so it goes on while the learner learns. What it sends is then of a policy
    one or two versions old.

    Args:
        data: the environments; every actor has its part of them.
        count: actors.
        network: the network whose weights are sent.
        act: draws actions, from that network, in the actor's process.
        set_version: tells the actor's copy which version the weights are.
        version: returns the learner's version.
        seed: seed of the first actor.
    """

    def __init__(
        self,
        data: GymDataModule,
        count: int,
        network: nn.Module,
        act: Act,
        set_version: Callable[[int], None],
        version: Callable[[], int],
        seed: int,
    ) -> None:
        self._network = network
        self._version = version
        self._ready: deque[TensorDictBase] = deque()
        members = data.environments // count

        def play(link: Connection, seed: int) -> None:
            rollouts = Rollouts(data.make(members), seed)
            while True:
                weights = safetensors.torch.load(link.recv_bytes())
                set_version(int(weights.pop("version")))
                network.load_state_dict(weights)
                link.send_bytes(pack(rollouts.unroll(act, data.unroll)))

        super().__init__(count, members, play, seed)
        for index in range(count):
            self.begin(index)

    def begin(self, index: int) -> None:
        weights = {name: tensor.detach() for name, tensor in self._network.state_dict().items()}
        version = torch.tensor(self._version())
        self.send(index, safetensors.torch.save({**weights, "version": version}))

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
