"""Writes what `predict` finds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import BasePredictionWriter

from sparse_rl import processes


def run_folder(trainer: pl.Trainer) -> Path:
    """Where a run's files go: the logger's folder."""
    return Path(trainer.log_dir or trainer.default_root_dir)


class PredictionWriter(BasePredictionWriter):
    """`predictions.jsonl` in the run's folder: a line per question, see `Prediction`."""

    def __init__(self) -> None:
        super().__init__("epoch")

    def write_on_epoch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        predictions: Sequence[Any],
        batch_indices: Sequence[Any],
    ) -> None:
        lines = [line for batch in predictions for line in batch]
        parts = processes.gather_to_first(lines)
        folder = run_folder(trainer)
        if not trainer.is_global_zero:
            return
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "predictions.jsonl"
        with path.open("w", encoding="utf-8") as file:
            # Dealt out one by one, so they are taken back one by one (`processes.share_of`).
            for row in zip_longest(*parts):
                for line in row:
                    if line is not None:
                        file.write(json.dumps(line, ensure_ascii=False) + "\n")
        print(f"predictions written to {path}")
