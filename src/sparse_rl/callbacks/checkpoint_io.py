"""Checkpoints that are either complete or not there."""

from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io import TorchCheckpointIO

from sparse_rl.interpreters.errors import SparseRLError


class CheckpointError(SparseRLError):
    """A checkpoint is missing or cannot be read."""


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes to a temporary name beside the target, flushes it to disk, and renames it.

    A process killed at any moment leaves the previous checkpoint as it was. Reading accepts
    tensors and plain containers only.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None
    ) -> None:
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
        with partial.open("wb") as file:
            torch.save(checkpoint, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)

    def load_checkpoint(
        self, path: Any, map_location: Any = "cpu", weights_only: bool | None = None
    ) -> dict[str, Any]:
        return read_checkpoint(path, map_location)


def read_checkpoint(path: str | Path, map_location: Any = "cpu") -> dict[str, Any]:
    """Loads a checkpoint of tensors and plain containers.

    Raises:
        CheckpointError: no such file, a truncated one, or one that holds other objects.
    """
    if not Path(path).is_file():
        raise CheckpointError(f"give --ckpt_path an existing checkpoint: no file {path}")
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location=map_location, weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise CheckpointError(
            f"use an earlier checkpoint: {path} is truncated or no checkpoint of tensors and plain "
            f"containers ({str(error).splitlines()[0]})"
        ) from error
    return checkpoint
