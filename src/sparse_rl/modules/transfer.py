"""Transfer of tensors to the device."""

from __future__ import annotations

import torch
from torch import Tensor


def transfer(value: Tensor, device: torch.device) -> Tensor:
    """Copies a tensor to the network's device.

    From the CPU to a GPU it copies from pinned memory, so that Python does not wait.
    """
    if device.type == "cuda" and not value.is_cuda:
        value = value.pin_memory()
    return value.to(device, non_blocking=True)
