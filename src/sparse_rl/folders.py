"""Atomic writing of folders and files: complete or absent."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytorch_lightning as pl


def run_folder(trainer: pl.Trainer) -> Path:
    """Returns the folder of a run's files: the logger's."""
    return Path(trainer.log_dir or trainer.default_root_dir)


@contextmanager
def complete_folder(folder: Path) -> Iterator[Path]:
    """Gives a temporary folder to write into, renamed to `folder` at the end of the block.

    If another process was first, its folder stays, as both wrote the same content. After an error
    nothing is left.
    """
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        try:
            partial.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def complete_file(path: Path) -> Iterator[Path]:
    """Gives a temporary path to write to, renamed to `path` at the end; makes its folder.

    After an error `path` is unchanged and nothing else is left. A killed process leaves a hidden
    `.partial` file.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON file atomically; makes its folder if needed."""
    with complete_file(path) as partial:
        partial.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
