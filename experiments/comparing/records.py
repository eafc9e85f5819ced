"""Records of finished runs: a line each, from which tables and plots are computed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from comparing.jobs import Job
from sparse_rl.analysis.results_page import hardware
from sparse_rl.analysis.runs import CurvePoint, read_metrics, read_run
from sparse_rl.errors import DataError

SPURIOUS = "spurious.json"
"""File of a run with its summary by the logical forms of people, if that was measured."""
MACHINE = "machine.txt"
"""File of a run with the kind of the machine, if that need not be this one's."""


@dataclass(frozen=True)
class Record:
    """What is kept of a finished run.

    Attributes:
        method: the method.
        regime: the regime.
        seed: the seed.
        digest: digest of the run's options; see `Job`.
        machine: the machine, without names.
        dev: greedy dev accuracy of the best checkpoint; of control, its return.
        test: its greedy test accuracy, or return.
        beam: its test accuracy with beam search; of control, as `test`.
        coverage: share of the training questions with a rewarded program at the end, if logged.
        spurious: share of B's probability on programs that agree with no human form, if measured.
        solved: environment steps to the environment's own goal; None without one, and for programs.
        curve: every validation; a run that starts from another one goes on from that one's end.
    """

    method: str
    regime: str
    seed: int
    digest: str
    machine: str
    dev: float
    test: float
    beam: float
    coverage: float | None
    curve: list[CurvePoint]
    spurious: float | None = None
    solved: int | None = None


def make_record(job: Job, first: Record | None) -> Record:
    """Reads the folder of a finished run.

    Args:
        job: the job that has ended.
        first: record of the run that it started from, whose effort counts too.

    Raises:
        DataError: the folder has no test.
    """
    run = read_run(job.folder)
    start = first.curve[-1] if first else CurvePoint(0, 0, 0, 0)
    metrics = read_metrics(job.folder)
    covered = [row["memory/coverage"] for row in metrics if "memory/coverage" in row]
    solved = [int(row["solved_at"]) for row in metrics if "solved_at" in row]
    dev, test, beam = _results(run.test)
    return Record(
        method=job.method,
        regime=job.regime,
        seed=job.seed,
        digest=job.digest,
        machine=_machine(job.folder / MACHINE),
        dev=_short(dev),
        test=_short(test),
        beam=_short(beam),
        coverage=_short(covered[-1]) if covered else None,
        curve=[_go_on(start, point) for point in run.curve],
        spurious=_spurious(job.folder / SPURIOUS),
        solved=solved[-1] if solved else None,
    )


def _results(test: dict[str, Any]) -> tuple[float, float, float]:
    """Results on dev, on test, and on test with beam search; returns have no search."""
    if "accuracy" in test:
        return test["dev"]["val/greedy_accuracy"], test["greedy_accuracy"], test["accuracy"]
    found = test["test"]["test/return"]
    return test["dev"]["val/return"], found, found


def _machine(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else hardware()


def _spurious(file: Path) -> float | None:
    if not file.is_file():
        return None
    rate = json.loads(file.read_text(encoding="utf-8"))["spurious_b"]
    return None if rate is None else _short(rate)


def _go_on(start: CurvePoint, point: CurvePoint) -> CurvePoint:
    programs = None
    if start.programs is not None and point.programs is not None:
        programs = start.programs + point.programs
    return CurvePoint(
        _short(start.seconds + point.seconds),
        programs,
        start.steps + point.steps,
        _short(point.accuracy),
    )


def _short(value: float) -> float:
    """Without the digits that a single-precision number does not have."""
    return round(value, 6)


def append_record(path: Path, record: Record) -> None:
    """Adds a line to the file of records; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")


def read_records(path: Path) -> list[Record]:
    """Reads the records; none without a file.

    Raises:
        DataError: a line is not a record.
    """
    if not path.is_file():
        return []
    records = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            line = json.loads(text)
            line["curve"] = [CurvePoint(*point) for point in line["curve"]]
            records.append(Record(**line))
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(f"remove or fix {path}, line {number}: {error}") from error
    return records


def of_jobs(records: Iterable[Record], jobs: Iterable[Job]) -> dict[Job, Record]:
    """The newest record of every job; a record of other options is none of the job's."""
    newest = {(r.regime, r.method, r.seed, r.digest): r for r in records}
    keys = {job: (job.regime, job.method, job.seed, job.digest) for job in jobs}
    return {job: newest[key] for job, key in keys.items() if key in newest}
