"""Writing files while training goes on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

WAITING = 2
"""Jobs that may be unfinished at once, each with a copy of the state: the last and the best."""


class BackgroundWriter:
    """Runs jobs in a thread, one after another; an error is raised where a job is waited for."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._jobs: dict[Path, Future[None]] = {}

    def submit(self, path: Path, job: Callable[[], None]) -> None:
        """Runs a job that writes a file, after earlier ones; waits if too many are unfinished."""
        self.wait(path)
        while len(self._jobs) >= WAITING:
            self.wait(next(iter(self._jobs)))
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoints")
        self._jobs[path] = self._thread.submit(job)

    def wait(self, path: Path) -> None:
        """Waits until a file is written, if it is to be.

        Raises:
            Exception: the error of its job.
        """
        job = self._jobs.pop(path, None)
        if job is not None:
            job.result()

    def finish(self) -> None:
        """Waits for all files, and ends the thread.

        Raises:
            Exception: the error of the first job that failed.
        """
        if self._thread is not None:
            self._thread.shutdown(wait=True)
            self._thread = None
        jobs, self._jobs = self._jobs, {}
        for job in jobs.values():
            job.result()
