"""Errors that Lightning raises about a user's options or checkpoint, in one line."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import lightning_fabric
import pytorch_lightning as pl
from lightning_fabric.utilities.exceptions import MisconfigurationException

from sparse_rl.checkpoint_file import DAMAGED, damaged
from sparse_rl.errors import SparseRLError

_LIBRARY = tuple(str(package.__path__[0]) for package in (lightning_fabric, pl))
# Lightning's module that restores weights, callbacks, loops and optimisers.
_RESTORES = str(Path("trainer", "connectors", "checkpoint_connector.py"))


@contextmanager
def in_one_line(checkpoint: Callable[[], str | None] = lambda: None) -> Iterator[None]:
    """Turns Lightning's refusal of an option or a checkpoint into an error of ours.

    Args:
        checkpoint: returns the path of the checkpoint to resume from, if there is one.

    Raises:
        SparseRLError: Lightning has refused something.
    """
    try:
        yield
    except SparseRLError:
        raise
    except (*DAMAGED, MisconfigurationException, ModuleNotFoundError) as error:
        files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
        path = checkpoint()
        refused = isinstance(error, MisconfigurationException)
        if path is not None and not refused and any(f.endswith(_RESTORES) for f in files):
            raise damaged(path, error) from error
        if _is_refusal(error, files):
            text = " ".join(str(error).split())[:300]
            raise SparseRLError(f"fix the options of trainer: {text}") from error
        raise


def _is_refusal(error: Exception, files: list[str]) -> bool:
    """Whether Lightning has refused an option: by its own exception, or in its own files."""
    kinds = (ValueError, TypeError, ModuleNotFoundError)
    own = isinstance(error, kinds) and files and files[-1].startswith(_LIBRARY)
    return bool(own) or isinstance(error, MisconfigurationException)
