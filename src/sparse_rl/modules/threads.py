"""Threads of small policies."""

from __future__ import annotations

import os

import torch
from torch import nn

_SMALL = 256


def cap_threads(policy: nn.Module) -> bool:
    """Computes a small policy with one thread; returns whether that is a change.

    Threads cost more than they give where matrices are small, many times as much on a machine that
    others use too. `OMP_NUM_THREADS` has precedence.
    """
    sides = (min(weights.shape[-2:]) for weights in policy.parameters() if weights.dim() > 1)
    capped = (
        "OMP_NUM_THREADS" not in os.environ
        and torch.get_num_threads() > 1
        and max(sides, default=0) <= _SMALL
    )
    if capped:
        torch.set_num_threads(1)
    return capped
