"""Runs jobs, each in a process of its own that starts with the package imported."""

from __future__ import annotations

import math
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Protocol

from comparing.jobs import FINISHED, Job
from comparing.records import SPURIOUS, Record, append_record, make_record
from sparse_rl.checkpoint_parts import drop_parts

# What a training imports, early or late: seconds of every run that starts without it.
PRELOADED = ("sparse_rl.cli", "datasets")


class Process(Protocol):
    """A started training."""

    @property
    def exitcode(self) -> int | None: ...
    def terminate(self) -> None: ...
    def join(self) -> None: ...


Start = Callable[[Job], Process]


def warm_start_of_processes(threads: int, families: Collection[str] = ("programs",)) -> Start:
    """Starts trainings as forks of one process that has imported the package.

    Args:
        threads: threads of each training.
        families: what is trained: "programs", "control".
    """
    # Before the first import of torch, which reads it.
    os.environ["OMP_NUM_THREADS"] = str(threads)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED, *(f"sparse_rl.commands.{f}" for f in families)])

    def start(job: Job) -> Process:
        process = context.Process(target=train, args=(job, threads))
        process.start()
        return process

    return start


def train(job: Job, threads: int) -> None:
    """Trains and tests in this process, whose output goes to the job's log."""
    job.folder.parent.mkdir(parents=True, exist_ok=True)
    with job.log.open("wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    shutil.rmtree(job.folder, ignore_errors=True)
    fit(job.arguments, threads)
    # A training that was stopped returns too, without its test.
    if (job.folder / "test_metrics.json").is_file():
        finish(job)


def fit(arguments: Sequence[str], threads: int) -> None:
    """Runs a training in this process."""
    import torch

    from sparse_rl.cli import main

    torch.set_num_threads(threads)
    main(arguments)


def finish(job: Job) -> None:
    """Marks the folder of a job as that of a finished run."""
    if job.human_forms:
        measure_spurious(job.folder)
    (job.folder / FINISHED).write_text(job.digest, encoding="utf-8")


def measure_spurious(run: Path) -> None:
    """Writes how many of the best checkpoint's rewarded programs agree with no human form."""
    from sparse_rl.commands.spurious_rates import command_line_of, measure
    from sparse_rl.folders import write_json

    place = str(run)
    write_json(run / SPURIOUS, measure(command_line_of(place, None, ()), place))


def run_missing(
    jobs: Sequence[Job],
    chosen: Collection[Job],
    recorded: dict[Job, Record],
    file: Path,
    start: Start,
    at_a_time: int = 1,
    minutes: float = math.inf,
    keep: bool = False,
) -> dict[Job, str]:
    """Runs the chosen jobs that have no record; adds their records.

    Args:
        jobs: all jobs of the plan, whose checkpoints others may need.
        chosen: the jobs to run.
        recorded: records by job; the new ones are added.
        file: file of the records.
        start: starts a training.
        at_a_time: number of trainings that run at the same time.
        minutes: no training starts later.
        keep: keep the best checkpoint of every run.

    Returns:
        For every failed job, what to do.
    """

    def ended(job: Job) -> None:
        recorded[job] = make_record(job, recorded[job.after] if job.after else None)
        append_record(file, recorded[job])
        for run in filter(None, (job, job.after)):
            if not any(other.after == run and other not in recorded for other in jobs):
                drop_checkpoints(run, keep)

    todo = []
    for job in missing(chosen, recorded):
        # Of a comparison that was stopped between the run's end and its record.
        if job.finished and job not in recorded and (not job.after or job.after in recorded):
            ended(job)
        else:
            todo.append(job)
    return run_all(todo, start, ended, at_a_time, time.monotonic() + 60 * minutes)


def missing(chosen: Collection[Job], recorded: Collection[Job]) -> list[Job]:
    """Chosen jobs without a record, each after the job whose checkpoint it lacks."""
    found: dict[Job, None] = {}

    def add(job: Job) -> None:
        first = job.after
        if first is not None and not (first in recorded and first.has_checkpoints):
            add(first)
        found[job] = None

    for job in chosen:
        if job not in recorded:
            add(job)
    return list(found)


def drop_checkpoints(job: Job, keep: bool) -> None:
    """Deletes the checkpoints of a run, but for its best one if that is to be kept."""
    for path in (job.folder / "checkpoints").glob("*.ckpt"):
        if not (keep and path.name == "best.ckpt"):
            path.unlink()
            drop_parts(path)


def run_all(
    todo: Sequence[Job],
    start: Start,
    ended: Callable[[Job], None],
    at_a_time: int,
    until: float,
) -> dict[Job, str]:
    """Runs jobs in their order, a job after the one that it starts from.

    Args:
        todo: the jobs.
        start: starts a training.
        ended: called with every job that has finished.
        at_a_time: number of trainings that run at the same time.
        until: time on the monotonic clock after which none starts.

    Returns:
        For every failed job, what to do; the others ran all the same.
    """
    waiting, running, failed = list(todo), dict[Job, Process](), dict[Job, str]()
    try:
        while waiting or running:
            for job in [job for job in waiting if job.after in failed]:
                failed[job] = f"fix {job.after} first: {job} starts from it"
                waiting.remove(job)
            if time.monotonic() >= until:
                waiting.clear()
            while len(running) < at_a_time and (job := _next(waiting, running)):
                waiting.remove(job)
                print(f"{job}: python train.py {' '.join(job.arguments)}", flush=True)
                running[job] = start(job)
            for job, process in list(running.items()):
                if process.exitcode is None:
                    continue
                del running[job]
                if process.exitcode == 0 and job.finished:
                    ended(job)
                else:
                    failed[job] = f"read {job.log}: {job} ended with {process.exitcode}"
                    print(failed[job], flush=True)
            if running:
                time.sleep(0.1)
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.join()
    return failed


def _next(waiting: Sequence[Job], running: Collection[Job]) -> Job | None:
    """The first waiting job whose own first job has ended."""
    pending = {*waiting, *running}
    return next((job for job in waiting if job.after not in pending), None)
