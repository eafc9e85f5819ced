"""Writes what `predict` finds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import BasePredictionWriter


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
        folder = Path(trainer.log_dir or trainer.default_root_dir)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "predictions.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for batch in predictions:
                for line in batch:
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
        print(f"predictions written to {path}")
