"""Whole trainings on Ray, each in a worker process of its own.

What a training writes comes back to the command, unless the worker has the command's folder: then
a training that is begun again finds the last checkpoint of the lost one.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from sparse_rl.errors import SparseRLError
from sparse_rl.folders import complete_file
from sparse_rl.ray_cluster import ray_cluster
from sparse_rl.ray_tasks import LostWorkError, RayTasks

PATIENCE = 60.0
"""Seconds that a training has for its checkpoint when it is told to stop."""
LOST = -9
"""Status of a training whose workers were lost, as that of a killed process."""


@dataclass(frozen=True)
class RayRun:
    """A training as its worker gets it, pickled.

    Attributes:
        train: trains in this process; when it is begun again, it finds what it wrote before.
        log: file for its output.
        lock: file that it holds, so that no other process writes the same.
        writes: files and folders that it writes.
        reads: files and folders that must be there first.
    """

    train: Callable[[], None]
    log: Path
    lock: Path
    writes: tuple[Path, ...]
    reads: tuple[Path, ...] = ()


class RayProcess:
    """A training on Ray, with what processes of `subprocess` and of `multiprocessing` have.

    Args:
        tasks: Ray's side.
        call: the training's reference.
    """

    def __init__(self, tasks: RayTasks, call: Any) -> None:
        self._tasks = tasks
        self._call = call
        self._status: int | None = None

    @property
    def exitcode(self) -> int | None:
        """Status of the training, whose files are there then; None while it runs."""
        if self._status is None and self._ended(timeout=0):
            try:
                self._status, files = self._tasks.result(self._call)
                write_files(files)
            except LostWorkError as error:
                print(error, flush=True)
                self._status = LOST
        return self._status

    def poll(self) -> int | None:
        return self.exitcode

    def terminate(self) -> None:
        """Tells the training to stop, as Ctrl-C does."""
        self._tasks.ray.cancel(self._call)

    def join(self) -> None:
        """Waits for a training that was told to stop."""
        if not self._ended(PATIENCE):
            self._tasks.ray.cancel(self._call, force=True)

    def wait(self) -> None:
        self.join()

    def _ended(self, timeout: float) -> bool:
        return bool(self._tasks.ray.wait([self._call], timeout=timeout)[0])


@contextmanager
def ray_runs(
    out: Path, at_a_time: int, cpus: int = 1, address: str | None = None
) -> Iterator[Callable[[RayRun], RayProcess]]:
    """Connects to Ray for the block; yields what starts a training.

    Args:
        out: folder of all trainings; a worker that sees it writes there itself.
        at_a_time: trainings under way at a time, for a Ray that is started here.
        cpus: CPUs that a training reserves.
        address: as `ray_cluster` has it.
    """
    mark = out.absolute() / f".{uuid4().hex}.here"
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    try:
        with ray_cluster(at_a_time * cpus, address) as ray:
            tasks = RayTasks(ray, _do, cpus, fresh=True)

            def start(run: RayRun) -> RayProcess:
                sent = read_files(run.reads)
                return RayProcess(tasks, tasks.start(run, sent, Path.cwd(), mark))

            yield start
    finally:
        mark.unlink(missing_ok=True)


def read_files(places: Iterable[Path]) -> dict[Path, bytes]:
    """Reads files and all files of folders, by path."""
    found = (path for place in places for path in (place, *place.rglob("*")) if path.is_file())
    return {path: path.read_bytes() for path in found}


def write_files(files: Mapping[Path, bytes]) -> None:
    """Writes files, each whole or not at all; makes their folders."""
    for path, content in files.items():
        with complete_file(path) as partial:
            partial.write_bytes(content)


def _do(
    run: RayRun, sent: Mapping[Path, bytes], folder: Path, mark: Path
) -> tuple[int, dict[Path, bytes]]:
    """Trains in this worker; returns the status, and the files that the command does not see."""
    try:
        os.chdir(folder)
    except OSError as error:
        raise SparseRLError(
            f"start the command in a folder that every machine has: {folder}: {error.strerror}"
        ) from None
    shared = mark.exists()
    if not shared:
        _remove(run.writes)
        write_files(sent)
    run.log.parent.mkdir(parents=True, exist_ok=True)
    with run.lock.open("w") as lock, run.log.open("ab") as log:
        # A machine that is lost to the cluster may still train.
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        status = _status(run.train)
    if shared:
        return status, {}
    written = read_files(run.writes)
    _remove(run.writes)
    return status, written


def _status(train: Callable[[], None]) -> int:
    """Trains; returns the status with which a process of its own would end."""
    try:
        train()
    except SystemExit as stopped:
        # Ray would take it for a lost worker, and train again.
        if stopped.code is None or isinstance(stopped.code, int):
            return stopped.code or 0
        print(stopped.code, file=sys.stderr)
        return 1
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _remove(places: Iterable[Path]) -> None:
    for place in places:
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
