"""The folder of a run, which belongs to one run only."""

from __future__ import annotations

from pathlib import Path

import pytorch_lightning as pl
from pytorch_lightning.loggers import CSVLogger


def claim_run_folder(trainer: pl.Trainer) -> None:
    """Makes the folder of the run, `version_<n>` with the next number that is free.

    Two runs that begin at once would otherwise find the same number. A number that the user has
    chosen stays, and of several processes the first makes the folder.
    """
    for logger in trainer.loggers:
        if not isinstance(logger, CSVLogger) or logger._version is not None:
            continue
        while trainer.global_rank == 0:
            folder = Path(logger.log_dir)
            folder.parent.mkdir(parents=True, exist_ok=True)
            try:
                folder.mkdir()
                break
            except FileExistsError:
                logger._version = None  # Another run was first: the next look finds its folder.
