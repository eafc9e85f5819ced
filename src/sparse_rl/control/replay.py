"""A replay of unrolls, TorchRL's buffer, and learners that keep one in their checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensordict import TensorDict, TensorDictBase
from torchrl.data import LazyTensorStorage, TensorDictReplayBuffer

from sparse_rl.control.learner import ControlLearner


class UnrollReplay:
    """Keeps the last unrolls of single environments, and draws them uniformly.

    Args:
        capacity: unrolls that are kept.
        batch: unrolls of a draw.
    """

    def __init__(self, capacity: int, batch: int) -> None:
        self.buffer = TensorDictReplayBuffer(storage=LazyTensorStorage(capacity), batch_size=batch)

    def __len__(self) -> int:
        return len(self.buffer)

    def extend(self, unroll: TensorDictBase) -> None:
        """Adds the unrolls [E, T] of all environments."""
        self.buffer.extend(unroll)

    def sample(self) -> TensorDictBase:
        """Draws unrolls [B, T]."""
        drawn: TensorDictBase = self.buffer.sample()
        return drawn

    def state_dict(self) -> dict[str, Any]:
        """The unrolls, without the room that is not in use."""
        count = len(self.buffer)
        if not count:
            return {}
        kept = self.buffer[:count].exclude("index").flatten_keys(".")
        writer = self.buffer.writer.state_dict()
        return {"unrolls": {name: tensor.clone() for name, tensor in kept.items()}, **writer}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restores what `state_dict` returned."""
        if not state:
            return
        unrolls = state["unrolls"]
        shape = unrolls["action"].shape[:2]
        self.buffer.extend(TensorDict(unrolls, shape).unflatten_keys("."))
        self.buffer.writer.load_state_dict({k: v for k, v in state.items() if k != "unrolls"})


class LearnerWithReplay(ControlLearner):
    """A learner whose checkpoints hold its replay.

    Attributes:
        replay: what it learns from again.
    """

    replay: UnrollReplay

    def memory_state(self) -> dict[str, Any]:
        return {"replay": self.replay.state_dict()}

    def load_memory_state(self, state: Mapping[str, Any]) -> None:
        self.replay.load_state_dict(state["replay"])
