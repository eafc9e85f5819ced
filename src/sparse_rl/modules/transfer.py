"""Tensors on their way to the device."""

from __future__ import annotations

import torch
from torch import Tensor


def transfer(value: Tensor, device: torch.device) -> Tensor:
    """A CPU tensor on the device of the network.

    To a GPU it goes by way of pinned memory, so that Python goes on while it travels.
    """
    if device.type == "cuda":
        value = value.pin_memory()
    return value.to(device, non_blocking=True)
