"""Jobs on Ray: a run whose worker is lost goes on from its last checkpoint."""

from __future__ import annotations

import csv
import json
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from comparing.jobs import FINISHED, Job
from comparing.records import MACHINE
from comparing.running import Start, finish, fit
from sparse_rl.analysis.results_page import hardware
from sparse_rl.analysis.runs import of_training, read_metrics
from sparse_rl.folders import complete_file
from sparse_rl.natural_order import natural_key
from sparse_rl.ray_runs import RayProcess, RayRun, ray_runs


@contextmanager
def starting_on_ray(
    out: Path, at_a_time: int, threads: int, address: str | None
) -> Iterator[Start]:
    """Connects to Ray for the block; yields what starts a job.

    Args:
        out: folder of the runs.
        at_a_time: jobs that run at the same time.
        threads: threads of each, and CPUs that it reserves.
        address: of a cluster, as `ray_cluster` has it.
    """
    with ray_runs(out, at_a_time, threads, address) as start_run:

        def start(job: Job) -> RayProcess:
            # A finished run is run again where its checkpoints are gone.
            (job.folder / FINISHED).unlink(missing_ok=True)
            run = RayRun(
                partial(train_on, job, threads),
                log=job.log,
                lock=job.folder.with_suffix(".lock"),
                writes=(job.folder, job.log),
                reads=(job.after.folder,) if job.after else (),
            )
            return start_run(run)

        yield start


def train_on(job: Job, threads: int) -> None:
    """Trains and tests in this process, from the last checkpoint of this job's run if it has one.

    A training that goes on has a folder of its own, as any other; at its end it is made one with
    the run's.
    """
    if job.finished:  # Its worker was lost just after the end.
        return
    begun = job.folder.with_suffix(".digest")
    if not begun.is_file() or begun.read_text(encoding="utf-8") != job.digest:
        for part in _parts(job):
            shutil.rmtree(part)
        begun.parent.mkdir(parents=True, exist_ok=True)
        begun.write_text(job.digest, encoding="utf-8")
    parts = [part for part in _parts(job) if _last(part).is_file()]
    new = _part(job, len(parts))
    shutil.rmtree(new, ignore_errors=True)
    going_on = [f"--ckpt_path={_last(parts[-1])}"] if parts else []
    fit([*job.arguments, f"--trainer.logger.version={new.name}", *going_on], threads)
    # A training that was stopped returns too, without its test.
    if (new / "test_metrics.json").is_file():
        for part in [*parts, new][1:]:
            join(job.folder, part, _monitor(new))
        (job.folder / MACHINE).write_text(hardware(), encoding="utf-8")
        finish(job)
        for part in set(_parts(job)) - {job.folder}:
            shutil.rmtree(part)
        begun.unlink()


def join(run: Path, part: Path, monitor: str) -> None:
    """Adds the part in which a run went on to the run; the part stays as it is.

    Doing it twice is as doing it once: its worker may be lost in the middle.
    """
    rows = joined_rows(read_metrics(run), read_metrics(part), monitor)
    shutil.copytree(
        part, run, dirs_exist_ok=True, ignore=shutil.ignore_patterns("metrics.csv", "config.yaml")
    )
    with complete_file(run / "metrics.csv") as partial, partial.open("w", newline="") as file:
        writer = csv.DictWriter(file, dict.fromkeys(name for row in rows for name in row))
        writer.writeheader()
        writer.writerows(rows)


def joined_rows(
    earlier: list[dict[str, float]], later: list[dict[str, float]], monitor: str
) -> list[dict[str, float]]:
    """Metrics of a run until it went on, and after: steps that were done twice are in it once."""
    begin = min((row["step"] for row in of_training(later, monitor)), default=math.inf)
    return [row for row in of_training(earlier, monitor) if row["step"] < begin] + later


def _monitor(run: Path) -> str:
    """What chooses the best checkpoint of a run."""
    test = json.loads((run / "test_metrics.json").read_text(encoding="utf-8"))
    return str(test["config"]["best_checkpoint"]["monitor"])


def _parts(job: Job) -> list[Path]:
    """Folders of a run's parts, in their order."""
    others = job.folder.parent.glob(f"{job.folder.name}.part_*")
    first = [job.folder] if job.folder.is_dir() else []
    return first + sorted(others, key=natural_key)


def _part(job: Job, number: int) -> Path:
    return job.folder.with_suffix(f".part_{number}") if number else job.folder


def _last(part: Path) -> Path:
    return part / "checkpoints" / "last.ckpt"
