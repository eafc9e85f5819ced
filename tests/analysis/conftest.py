"""Folders of runs, as training leaves them, with made-up figures."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

MakeRun = Callable[..., Path]


def prediction(number: int, program: str, reward: float | None) -> dict[str, Any]:
    return {
        "id": f"test-{number}",
        "question": f"how many <b>rows</b> & columns has {number}",
        "program": program,
        "denotation": [float(number), "x"],
        "answer": [number],
        "reward": reward,
        "log_prob": -0.5,
        "sql": "SELECT 1",
    }


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Writes a run's folder: its name, and its predictions, if it has any."""

    def make(
        name: str,
        predictions: Sequence[dict[str, Any]] | None,
        lr: float = 0.1,
        programs: bool = False,
    ) -> Path:
        folder = tmp_path / name / "version_0"
        folder.mkdir(parents=True)
        logger = f"{{class_path: CSVLogger, init_args: {{name: {name}}}}}"
        (folder / "config.yaml").write_text(f"model: {{lr: {lr}}}\ntrainer: {{logger: {logger}}}\n")
        with (folder / "metrics.csv").open("w", newline="") as file:
            names = [
                "step",
                "train/loss",
                "val/greedy_accuracy",
                "seconds/training",
                "programs/executed",
            ]
            names += ["val/beam_accuracy", "test/beam_accuracy"]
            table = csv.DictWriter(file, names)
            table.writeheader()
            for step in range(9, 1000, 1):
                table.writerow({"step": step, "train/loss": 1 / step})
            for step in (499, 999):
                row = {"val/greedy_accuracy": step / 2000, "seconds/training": step}
                counted = {"programs/executed": 3 * step} if programs else {}
                table.writerow({"step": step, **row, **counted})
            # The best checkpoint, after the training.
            best = {"val/greedy_accuracy": 999 / 2000, "val/beam_accuracy": 0.5}
            for row in (best, {"test/beam_accuracy": 0.5}):
                table.writerow({"step": 1000, **row})
        if predictions is not None:
            lines = "".join(json.dumps(line) + "\n" for line in predictions)
            (folder / "predictions.jsonl").write_text(lines)
        return folder

    return make
