"""sparse_rl: training policies that write programs, with nothing but the answer to check them.

Guided adaptive credit assignment (GACA) and the methods it is compared with, over tables and
other deterministic worlds. `load` opens a trained policy to ask it questions. Importing the package
itself loads nothing heavy; import what else you need from `sparse_rl.interpreters`,
`sparse_rl.estimators`, `sparse_rl.modules` and so on.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from sparse_rl.asking.model import Model

try:
    __version__ = version("sparse_rl")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__", "load"]


def load(checkpoint: str | Path) -> Model:
    """The model of a training run over tables, to ask it questions: `load(P).ask(df, "…")`.

    Args:
        checkpoint: a checkpoint file, or a run's folder; see `sparse_rl.asking.model.load`.

    Raises:
        CheckpointError: there is no such checkpoint, or it holds no policy over tables.
    """
    from sparse_rl.asking.model import load as load_model  # Late: torch takes seconds.

    return load_model(checkpoint)
