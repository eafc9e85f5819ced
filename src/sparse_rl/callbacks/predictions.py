"""Writes the predictions of `predict` and `test`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import BasePredictionWriter

from sparse_rl import processes
from sparse_rl.datamodules.tables.table_datamodule import TableDataModule
from sparse_rl.folders import complete_file, run_folder
from sparse_rl.interpreters.tables.program import parse_program
from sparse_rl.modules.tables.predictions import Prediction


class PredictionWriter(BasePredictionWriter):
    """Writes `predictions.jsonl` into the run's folder: a line per question, see `Prediction`.

    For questions over tables, also writes the file that the dataset's own evaluation reads.

    Args:
        announce: whether to print the names of the files.
    """

    def __init__(self, announce: bool = True) -> None:
        super().__init__("epoch")
        self._announce = announce
        self._tested: list[Any] = []

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._tested = []

    def on_test_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, *args: Any
    ) -> None:
        self._tested += outputs["predictions"]

    def on_test_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._write_all(trainer, self._tested)

    def write_on_epoch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        predictions: Sequence[Any],
        batch_indices: Sequence[Any],
    ) -> None:
        self._write_all(trainer, [line for batch in predictions for line in batch])

    def _write_all(self, trainer: pl.Trainer, mine: list[Any]) -> None:
        """Writes the lines of all processes."""
        parts = processes.gather_to_first(mine)
        folder = run_folder(trainer)
        if not trainer.is_global_zero:
            return
        folder.mkdir(parents=True, exist_ok=True)
        # Ranks hold the examples in turn (`processes.share_of`); this restores their order.
        found = [line for row in zip_longest(*parts) for line in row if line is not None]
        self._write(
            folder / "predictions.jsonl", (json.dumps(f, ensure_ascii=False) for f in found)
        )
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        if isinstance(data, TableDataModule):
            self._write(folder / data.submission_name, _submission(data, found))

    def _write(self, path: Path, lines: Iterable[str]) -> None:
        with complete_file(path) as partial, partial.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        if self._announce:
            print(f"predictions written to {path}")


def _submission(data: TableDataModule, found: Iterable[Prediction]) -> Iterator[str]:
    examples = {example.id: example for example in data.examples("test")}
    for line in found:
        program = parse_program(line["program"], data.language)
        yield data.submission_line(examples[line["id"]], program, line["denotation"])
