"""The folder of a run, which belongs to one run only."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytorch_lightning as pl
from pytorch_lightning.loggers import CSVLogger

_BEGINNING = {"config.yaml", "hparams.yaml", "checkpoints"}
"""What a folder has before anything was computed."""


def claim_run_folder(trainer: pl.Trainer) -> list[Path]:
    """Makes the folder of the run, `version_<n>` with the next number that is free.

    Two runs that begin at once would otherwise find the same number. A number that the user has
    chosen stays, and of several processes the first makes the folder.

    Returns:
        The folders that were made.
    """
    made = []
    for logger in trainer.loggers:
        if not isinstance(logger, CSVLogger) or logger._version is not None:
            continue
        while trainer.global_rank == 0:
            folder = Path(logger.log_dir)
            folder.parent.mkdir(parents=True, exist_ok=True)
            try:
                folder.mkdir()
                made.append(folder)
                break
            except FileExistsError:
                logger._version = None  # Another run was first: the next look finds its folder.
    return made


def drop_unused(folders: Sequence[Path]) -> None:
    """Deletes the folders of a run that was refused before it computed anything."""
    for folder in folders:
        names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        if names <= _BEGINNING and not any(folder.glob("checkpoints/*")):
            shutil.rmtree(folder, ignore_errors=True)


def folder_of_runs(trainer: pl.Trainer) -> Path:
    """Returns the folder of a config's runs, without choosing the number of this run."""
    for logger in trainer.loggers:
        if isinstance(logger, CSVLogger):
            return Path(logger.root_dir)
    return Path(trainer.log_dir or trainer.default_root_dir).parent
