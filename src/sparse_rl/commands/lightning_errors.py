"""Errors that Lightning raises about a user's options or checkpoint, in one line."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

import lightning_fabric
import pytorch_lightning as pl
from lightning_fabric.utilities.exceptions import MisconfigurationException

from sparse_rl.checkpoint_file import DAMAGED, damaged
from sparse_rl.errors import SparseRLError

_LIBRARY = tuple(str(package.__path__[0]) for package in (lightning_fabric, pl))
_UNKNOWN_METRIC = re.compile(r"monitor='(.*?)'\)`? could not find the monitored key .*?(\[.*?\])")
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
        if (unknown := _UNKNOWN_METRIC.search(str(error))) is not None:
            raise _unknown_metric(*unknown.groups()) from error
        if _is_refusal(error, files):
            text = " ".join(str(error).split())[:300]
            raise SparseRLError(f"fix the options of trainer: {text}") from error
        raise


def _unknown_metric(name: str, listed: str) -> SparseRLError:
    """Words the error of a checkpoint's metric that no training logs."""
    # Only what a validation logs says how good a checkpoint is.
    known = [metric for metric in re.findall(r"'(.*?)'", listed) if metric.startswith("val/")]
    nearest = get_close_matches(name, known, 1, cutoff=0.0)
    meant = f"; did you mean {nearest[0]}?" if nearest else ""
    return SparseRLError(
        f"set best_checkpoint.monitor to a metric of validations, {', '.join(known)}: "
        f"no {name} was logged{meant}"
    )


def _is_refusal(error: Exception, files: list[str]) -> bool:
    """Whether Lightning has refused an option: by its own exception, or in its own files."""
    kinds = (ValueError, TypeError, ModuleNotFoundError)
    own = isinstance(error, kinds) and files and files[-1].startswith(_LIBRARY)
    return bool(own) or isinstance(error, MisconfigurationException)
