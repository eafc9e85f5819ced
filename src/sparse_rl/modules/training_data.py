"""The data of a training, as its checkpoints know them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparse_rl.errors import CheckpointError

# A training learns from one split, and its best checkpoint is chosen on the other.
SPLITS = ("train", "dev")

Contents = Mapping[str, Mapping[str, str]]
"""Digests of the parts of a split, such as its answers, by split and part."""


def training_contents(data: Any) -> dict[str, dict[str, str]]:
    """Returns the contents of a data module's splits of training, for a checkpoint."""
    contents = getattr(data, "contents", None)
    return {} if contents is None else {split: dict(contents(split)) for split in SPLITS}


def check_training_data(known: Contents, data: Any, where: str) -> None:
    """Checks that a training goes on with the data of its checkpoint.

    Args:
        known: the checkpoint's `training_contents`.
        data: the data module of the resumed training.
        where: the checkpoint, for the error.

    Raises:
        CheckpointError: a part of the data is another.
    """
    changed = [
        f"{part} of {split}"
        for split, parts in training_contents(data).items()
        for part, digest in parts.items()
        # A part that the checkpoint does not know was not digested then.
        if known.get(split, {}).get(part, digest) != digest
    ]
    if changed:
        raise CheckpointError(
            f"start a new run, or one with --init_from {where} for its weights alone: that "
            f"training had other data than this one ({', '.join(changed)})"
        )
