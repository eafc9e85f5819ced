"""Reading checkpoints without importing Lightning, which takes seconds."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

from sparse_rl.errors import SparseRLError

# What torch's reader raises on files that are truncated or something else.
UNREADABLE = (
    RuntimeError,
    EOFError,
    IndexError,
    KeyError,
    ValueError,
    AttributeError,
    TypeError,
    pickle.UnpicklingError,
    zipfile.BadZipFile,
)


class CheckpointError(SparseRLError):
    """A checkpoint is missing or cannot be read."""


def read_checkpoint(path: str | Path, map_location: Any = "cpu") -> dict[str, Any]:
    """Loads a checkpoint of tensors and plain containers.

    Raises:
        CheckpointError: no such file, a truncated one, or one that holds other objects.
    """
    if not Path(path).is_file():
        raise CheckpointError(f"give --ckpt_path an existing checkpoint: no file {path}")
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location=map_location, weights_only=True)
    except UNREADABLE as error:
        raise CheckpointError(
            f"use an earlier checkpoint: {path} is truncated or no checkpoint of tensors and plain "
            f"containers ({' '.join(str(error).split())[:80]})"
        ) from error
    return checkpoint


def read_weights(path: str | Path, map_location: Any = "cpu") -> dict[str, Any]:
    """Loads the checkpoint of a training.

    Raises:
        CheckpointError: as `read_checkpoint`, or it has no weights.
    """
    checkpoint = read_checkpoint(path, map_location)
    if not isinstance(checkpoint, dict) or "state_dict" not in checkpoint:
        raise CheckpointError(f"give a checkpoint of a training: {path} has no weights")
    return checkpoint


def program_state(checkpoint: dict[str, Any], where: str | Path) -> dict[str, Any]:
    """Returns what a learner of programs has written into a checkpoint besides the weights.

    Raises:
        CheckpointError: nothing: the checkpoint is another package's.
    """
    state = checkpoint.get("sparse_rl")
    if not isinstance(state, dict):
        raise CheckpointError(f"give a checkpoint that sparse_rl has written: {where} is another's")
    return state


def find_checkpoint(place: str | Path) -> Path:
    """Finds a checkpoint: the file itself, a run's best, or the newest best of several runs.

    Raises:
        CheckpointError: the folder holds no `checkpoints/best.ckpt`.
    """
    path = Path(place)
    if not path.is_dir():
        return path
    found = [
        checkpoint
        for pattern in ("best.ckpt", "checkpoints/best.ckpt", "*/checkpoints/best.ckpt")
        for checkpoint in path.glob(pattern)
    ]
    if not found:
        raise CheckpointError(
            f"give --ckpt_path a checkpoint or a run's folder: no checkpoints/best.ckpt in {path}"
        )
    return max(found, key=lambda checkpoint: checkpoint.stat().st_mtime)
