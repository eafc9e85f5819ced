"""Reads the folders of runs: configs, metrics, predictions, results."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sparse_rl.config_files import read_yaml
from sparse_rl.errors import DataError
from sparse_rl.records import check_record, read_object, read_objects

SUMMARY = {
    "accuracy": float,
    "greedy_accuracy": float,
    "answerable_accuracy": float | None,
    "count": int,
    "answerable": int,
    "undecided": int,
}
"""Fields of the test of a learner of programs."""
DEV_METRICS = ("val/greedy_accuracy", "val/beam_accuracy")
"""What chooses the best checkpoint of a learner of programs."""
METRICS = (
    *DEV_METRICS,
    "test/greedy_accuracy",
    "test/beam_accuracy",
    "test/answerable",
    "test/undecided",
)
"""What is logged of the best checkpoint of a learner of programs, on dev and in the test."""
RETURNS = ("val/return", "test/return")
"""What is logged of the best checkpoint of a control learner."""
PARTS = {"test": dict, "dev": dict, "config": dict, "checkpoint": str, "data": dict}
"""Further fields of a test, where they are there."""
PREDICTION = {
    "id": str,
    "question": str,
    "program": str,
    "denotation": list,
    "reward": float | None,
    "log_prob": float,
}
"""Fields of a prediction; "answer" and "sql" may be there too."""


class CurvePoint(NamedTuple):
    """One validation of a training.

    Attributes:
        seconds: training time so far.
        programs: programs executed so far; None if the run did not count them.
        steps: updates so far; of control, environment steps.
        accuracy: the greedy dev accuracy; of control the return of the evaluation, or, where there
            are no returns, the metric that chooses the best checkpoint.
    """

    seconds: float
    programs: int | None
    steps: int
    accuracy: float


@dataclass(frozen=True)
class FinishedRun:
    """Content of a finished run's folder.

    Attributes:
        folder: path of the folder.
        config: the resolved config.
        test: content of `test_metrics.json`.
        curve: every validation while training.
    """

    folder: Path
    config: dict[str, Any]
    test: dict[str, Any]
    curve: list[CurvePoint]

    @property
    def name(self) -> str:
        """Name of the config."""
        name: str = self.config["trainer"]["logger"]["init_args"]["name"]
        return name


def read_run(folder: Path) -> FinishedRun:
    """Reads a finished run.

    Raises:
        DataError: the run has not been tested.
    """
    test = read_test(folder)
    if test is None:
        raise DataError(f"let the run end with its test: no {folder / 'test_metrics.json'}")
    check_record(test, {"config": dict}, str(folder / "test_metrics.json"))
    monitor = test["config"].get("best_checkpoint", {}).get("monitor", "val/greedy_accuracy")
    if RETURNS[1] in test.get("test", {}):
        monitor = RETURNS[0]  # Imitation has returns, but does not choose by them.
    curve = [
        CurvePoint(
            row["seconds/training"],
            int(row["programs/executed"]) if "programs/executed" in row else None,
            # Lightning counts updates from 0; control logs environment steps itself.
            int(row["step"]) + (monitor not in RETURNS),
            row[monitor],
        )
        for row in read_metrics(folder)
        if {"seconds/training", monitor} <= row.keys()
    ]
    return FinishedRun(folder, test["config"], test, curve)


def read_config(folder: Path) -> dict[str, Any]:
    """Reads the resolved config of a run.

    Raises:
        DataError: the folder has no config, or it is not a mapping.
    """
    path = folder / "config.yaml"
    if not path.is_file():
        raise DataError(f"give the folder of a run, as runs/NAME/version_0: no {path}")
    return read_yaml(path)


def read_metrics(folder: Path) -> list[dict[str, float]]:
    """Reads the rows of `metrics.csv` without empty cells; none if nothing was logged.

    Raises:
        DataError: a cell is not a number.
    """
    path = folder / "metrics.csv"
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [
                {name: float(cell) for name, cell in row.items() if cell}
                for row in csv.DictReader(file)
            ]
    except (OSError, TypeError, ValueError, csv.Error) as error:
        raise DataError(f"fix {path}: {error}") from error
    if not all(row.get("step", -1) >= 0 for row in rows):
        raise DataError(f"fix {path}: a row has no step")
    return rows


def of_training(rows: list[dict[str, float]], monitor: str | None) -> list[dict[str, float]]:
    """Drops the validation and test of the best checkpoint, after the last training step."""
    # Every validation while training logs the training time so far.
    timed = any("seconds/training" in row for row in rows)
    return [
        row
        for row in rows
        if not any(name.startswith("test/") for name in row)
        and "val/beam_accuracy" not in row
        and not (timed and monitor in row and "seconds/training" not in row)
    ]


def read_test(folder: Path) -> dict[str, Any] | None:
    """Reads `test_metrics.json`; None for a run without a test.

    Raises:
        DataError: the file is broken.
    """
    path = folder / "test_metrics.json"
    if not path.is_file():
        return None
    test = read_object(path)
    kinds = {**SUMMARY, **PARTS}
    check_record(test, {name: kinds[name] for name in kinds.keys() & test.keys()}, str(path))
    return test


def read_predictions(folder: Path) -> list[dict[str, Any]] | None:
    """Reads the lines of `predictions.jsonl`; None without such a file.

    Raises:
        DataError: a line is not a prediction.
    """
    path = folder / "predictions.jsonl"
    if not path.is_file():
        return None
    lines = []
    for place, line in read_objects(path):
        check_record(line, PREDICTION, place)
        if not isinstance(line.get("answer"), list | None):
            raise DataError(f"fix {place}: answer is no list")
        lines.append(line)
    return lines
