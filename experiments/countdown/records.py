"""Lines of the results file: models that training begins with, and runs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from countdown.progress import Point
from sparse_rl.errors import DataError


@dataclass(frozen=True)
class Start:
    """A level's model before training.

    Attributes:
        level: name of the level.
        parameters: of the model.
        completions: completions drawn to measure the share.
        share: share of them that are rewarded.
    """

    level: str
    parameters: int
    completions: int
    share: float


@dataclass(frozen=True)
class RunOf:
    """A training: what it began with, and its curve."""

    level: str
    rival: str
    lr: float
    seed: int
    points: list[Point]

    @property
    def completions(self) -> int:
        """Completions of the whole training."""
        return int(self.points[-1]["completions"])

    @property
    def mean_accuracy(self) -> float:
        """On training tasks, over the whole training."""
        return sum(point["train"] for point in self.points) / len(self.points)


@dataclass(frozen=True)
class Records:
    """All lines of the file."""

    starts: list[Start]
    runs: list[RunOf]


def read(file: Path) -> Records:
    """Reads the results file; none are empty records."""
    found = Records([], [])
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    for line in map(json.loads, lines):
        if "share" in line:
            found.starts.append(Start(**line))
        else:
            found.runs.append(RunOf(**line))
    return found


def append(file: Path, record: Start | RunOf) -> None:
    """Adds a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8", newline="\n") as lines:
        lines.write(json.dumps(asdict(record)) + "\n")


def best_rate(records: Records, rival: str, seed: int) -> float:
    """The learning rate with the highest mean accuracy on the tuning seed, then the most found.

    Raises:
        DataError: no rate has been tried.
    """
    tried = [run for run in records.runs if run.rival == rival and run.seed == seed]
    if not tried:
        raise DataError(f"allow more --minutes: no learning rate of {rival} has been tried")
    return max(tried, key=lambda run: (run.mean_accuracy, run.points[-1]["found"])).lr
