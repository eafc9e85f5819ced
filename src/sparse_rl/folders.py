"""Folders and files that are complete or not there."""

from __future__ import annotations

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
    """Where a run's files go: the logger's folder."""
    return Path(trainer.log_dir or trainer.default_root_dir)


@contextmanager
def complete_folder(folder: Path) -> Iterator[Path]:
    """A new folder to write into, which becomes `folder` at the end of the block.

    Where another process was first its folder stays, because both wrote the same content. After an
    error nothing is left.
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
    """A name to write to, which becomes `path` at the end of the block; its folder is made.

    After an error `path` is what it was before and nothing else is left. A process that is killed
    leaves a hidden `.partial` file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Writes a file that is complete or not there, and its folder where there is none."""
    with complete_file(path) as partial:
        partial.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
