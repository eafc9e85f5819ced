"""The model that comes with the package."""

from __future__ import annotations

from pathlib import Path

from sparse_rl.errors import CheckpointError

PACKAGED = Path(__file__).with_name("packaged.ckpt")
"""Checkpoint of a model for plain questions about tables; see `docs/packaged_model.md`."""


def packaged_model() -> Path:
    """Returns the path of the packaged model.

    Raises:
        CheckpointError: the installation lacks it.
    """
    if not PACKAGED.is_file():
        raise CheckpointError(
            f"install sparse_rl again, or give a checkpoint of your own: no file {PACKAGED}"
        )
    return PACKAGED
