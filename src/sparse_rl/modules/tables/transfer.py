"""Tensors on their way to the device."""

from __future__ import annotations

import torch
from torch import Tensor


def transfer(value: Tensor, device: torch.device) -> Tensor:
    """A tensor on the device of the network.

    From the CPU to a GPU it goes by way of pinned memory, so that Python goes on while it travels.
    """
    if device.type == "cuda" and not value.is_cuda:
        value = value.pin_memory()
    return value.to(device, non_blocking=True)
