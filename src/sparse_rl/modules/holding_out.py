"""Held-out examples, and the policy's scores of their programs under other parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import compress
from operator import not_
from typing import Any
from zlib import crc32

import torch
from torch import Tensor, nn
from torch.func import functional_call

from sparse_rl.modules.drawing import Drawn
from sparse_rl.modules.policy import Policy


def is_held_out(example_id: str, share: float) -> bool:
    """Whether the example belongs to the held-out share; the same in every run."""
    return crc32(f"held out {example_id}".encode()) < share * 2**32


def split_held_out(batch: Sequence[Any], share: float) -> tuple[list[Any], list[Any]]:
    """Returns the held-out examples of a batch, and the others."""
    if not share:
        return [], list(batch)
    held = [is_held_out(example.id, share) for example in batch]
    return list(compress(batch, held)), list(compress(batch, map(not_, held)))


@contextmanager
def twice_differentiable(wanted: bool) -> Iterator[None]:
    """Disables cuDNN where wanted: its recurrent kernels have a first derivative only."""
    enabled = torch.backends.cudnn.enabled
    torch.backends.cudnn.enabled = enabled and not wanted
    try:
        yield
    finally:
        torch.backends.cudnn.enabled = enabled


class _Scoring(nn.Module):
    """`encode` and `score` as one module, as `functional_call` needs it."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy

    def forward(self, examples: Sequence[Any], drawn: Drawn) -> tuple[Tensor, Tensor]:
        return self.policy.score(self.policy.encode(examples), drawn.trajectories, drawn.examples)


def trainable(policy: Policy) -> dict[str, Tensor]:
    """Returns the policy's trainable parameters by name."""
    return {name: p for name, p in policy.named_parameters() if p.requires_grad}


def score_under(
    parameters: Mapping[str, Tensor], policy: Policy, examples: Sequence[Any], drawn: Drawn
) -> tuple[Tensor, Tensor]:
    """Returns `Policy.score` under the given parameters, differentiable in them."""
    exchanged = {f"policy.{name}": value for name, value in parameters.items()}
    scores: tuple[Tensor, Tensor] = functional_call(_Scoring(policy), exchanged, (examples, drawn))
    return scores
