"""Atomic writing of checkpoints."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io import TorchCheckpointIO

from sparse_rl.checkpoint_file import read_weights
from sparse_rl.folders import complete_file


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a temporary file in the target's folder, flushes it to disk, and renames it.

    A process killed at any moment leaves the previous checkpoint as it was. Reading accepts
    tensors and plain containers only.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None
    ) -> None:
        with complete_file(Path(path)) as partial, partial.open("wb") as file:
            torch.save(checkpoint, file)
            file.flush()
            os.fsync(file.fileno())

    def load_checkpoint(
        self, path: Any, map_location: Any = "cpu", weights_only: bool | None = None
    ) -> dict[str, Any]:
        return read_weights(path, map_location)
