"""Reading finished runs: configs, learning curves, results."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparse_rl.interpreters.errors import DataError


@dataclass(frozen=True)
class Run:
    """A run's folder, read.

    Attributes:
        folder: where it lies.
        config: the resolved config.
        test: what `test_metrics.json` holds.
        curve: (training seconds, steps, greedy dev accuracy) at every validation.
    """

    folder: Path
    config: dict[str, Any]
    test: dict[str, Any]
    curve: list[tuple[float, int, float]]

    @property
    def name(self) -> str:
        """The name of the config."""
        name: str = self.config["trainer"]["logger"]["init_args"]["name"]
        return name


def read_run(folder: Path) -> Run:
    """Reads a finished run.

    Raises:
        DataError: the run has not been tested.
    """
    path = folder / "test_metrics.json"
    if not path.is_file():
        raise DataError(f"let the run end with its test: no {path}")
    test = json.loads(path.read_text(encoding="utf-8"))
    with (folder / "metrics.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row.get("val/greedy_accuracy")]
    curve = [
        (float(row["seconds/training"]), int(row["step"]) + 1, float(row["val/greedy_accuracy"]))
        for row in rows
        if row.get("seconds/training")
    ]
    return Run(folder, test["config"], test, curve)
