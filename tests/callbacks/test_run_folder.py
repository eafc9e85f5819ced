"""A run's folder belongs to one run."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.loggers import CSVLogger

from sparse_rl.callbacks.run_folder import claim_run_folder


def trainer(folder: Path, version: Any = None) -> pl.Trainer:
    logger = CSVLogger(str(folder), "run", version)
    return pl.Trainer(logger=logger, accelerator="cpu", enable_progress_bar=False)


def test_runs_that_begin_at_once_have_folders_of_their_own(tmp_path: Path) -> None:
    trainers = [trainer(tmp_path) for _ in range(8)]
    for each in trainers:
        # All have found the same number, as processes do that begin at once.
        assert str(each.log_dir).endswith("version_0")
        each.logger._version = None  # type: ignore[union-attr]
    threads = [threading.Thread(target=claim_run_folder, args=(each,)) for each in trainers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {Path(str(each.log_dir)).name for each in trainers} == {
        f"version_{number}" for number in range(8)
    }


def test_a_chosen_version_stays(tmp_path: Path) -> None:
    chosen = trainer(tmp_path, 3)
    claim_run_folder(chosen)
    assert str(chosen.log_dir).endswith("version_3")
