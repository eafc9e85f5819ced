"""Trials of a sweep: folders, states, and running them."""

from __future__ import annotations

import fcntl
import json
import runpy
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from sparse_rl.analysis.runs import read_test
from sparse_rl.folders import write_json
from sparse_rl.natural_order import natural_key
from sparse_rl.progress import time_left
from sparse_rl.ray_runs import RayProcess, RayRun
from sparse_rl.sweep.plan import Sweep, SweepError, draw

PROGRAM = "sparse_rl"
"""The module that trains, as a program."""


@dataclass(frozen=True)
class Trial:
    """Training with drawn options.

    Attributes:
        folder: has `trial.json` with the options, `log.txt`, and a `version_<n>` for each start.
        options: options by dotted name.
    """

    folder: Path
    options: dict[str, Any]

    @property
    def test(self) -> dict[str, Any] | None:
        """Result of the test at the trial's end; None before."""
        tests = [read_test(run) for run in sorted(self.folder.glob("version_*"), key=natural_key)]
        return next((test for test in reversed(tests) if test is not None), None)

    @property
    def going_on(self) -> list[str]:
        """Options by which a training goes on from the trial's last checkpoint, if it has one."""
        stopped = any(self.folder.glob("version_*/checkpoints/last.ckpt"))
        return ["--ckpt_path=last"] if stopped else []


class Process(Protocol):
    """A started training."""

    def poll(self) -> int | None: ...
    def terminate(self) -> None: ...
    def wait(self) -> object: ...


def complete(trial: Trial, arguments: Sequence[str]) -> None:
    """Runs the training of a trial in this process, unless it has ended."""
    if trial.test is None:
        sys.argv = [PROGRAM, *arguments, *trial.going_on]
        runpy.run_module(PROGRAM, run_name="__main__")


class Trials:
    """Trials in the folder of a sweep.

    Args:
        sweep: sweep to draw trials from.
        out: folder of the sweep.
        seed: seed of the draws.
        more: further options of every trial.

    Raises:
        SweepError: the folder belongs to another sweep.
    """

    def __init__(self, sweep: Sweep, out: Path, seed: int, more: Sequence[str]) -> None:
        self.sweep = sweep
        self.out = out
        self.seed = seed
        self.more = list(more)
        mine = {"spec": sweep.spec, "arguments": [*sweep.arguments, *more], "seed": seed}
        path = out / "sweep.json"
        if path.is_file() and json.loads(path.read_text(encoding="utf-8")) != mine:
            raise SweepError(f"give --out a new folder: {out} belongs to another sweep")
        write_json(path, mine)

    def known(self) -> list[Trial]:
        """Lists all trials drawn so far, in their order."""
        paths = sorted(self.out.glob("trial_*/trial.json"), key=natural_key)
        return [Trial(p.parent, json.loads(p.read_text(encoding="utf-8"))) for p in paths]

    def result(self, trial: Trial) -> float | None:
        """Returns the sweep's metric of the best checkpoint, on dev or on test.

        Raises:
            SweepError: the trial has no such metric.
        """
        test = trial.test
        if test is None:
            return None
        found = {**test.get("dev", {}), **test.get("test", {})}
        if self.sweep.metric not in found:
            raise SweepError(f"set metric.name to one of {', '.join(sorted(found))}")
        value: float = found[self.sweep.metric]
        return value

    def run(
        self, count: int, jobs: int, on_ray: Callable[[RayRun], RayProcess] | None = None
    ) -> list[Trial]:
        """Completes so many trials; returns the failed ones.

        Trials of earlier calls count: finished ones are left as they are, the others resume from
        their last checkpoints.

        Args:
            count: trials, those of earlier calls included.
            jobs: trials at a time.
            on_ray: starts a training on Ray; None for processes of this machine.
        """
        running: dict[int, tuple[Trial, Process]] = {}
        failed = []
        number, exhausted = 0, False
        begin, ended = time.monotonic(), 0
        try:
            while running or (number < count and not exhausted):
                while len(running) < jobs and number < count and not exhausted:
                    trial = self._trial(number)
                    exhausted = trial is None
                    process = self._start(trial, on_ray) if trial else None
                    if trial and process:
                        running[number] = (trial, process)
                    number += 1
                for key, (trial, process) in list(running.items()):
                    status = process.poll()
                    if status is not None:
                        del running[key]
                        print(self._outcome(trial, status), flush=True)
                        if trial.test is None:
                            failed.append(trial)
                        ended += 1
                        left = len(running) + (0 if exhausted else count - number)
                        if left:
                            rest = time_left(time.monotonic() - begin, ended, left)
                            print(f"{number - len(running)} of {count} trials, {rest}", flush=True)
                time.sleep(0.1)
        finally:
            # Trials save a checkpoint on SIGTERM.
            for _, process in running.values():
                process.terminate()
            for _, process in running.values():
                process.wait()
        return failed

    def _trial(self, number: int) -> Trial | None:
        """Reads or draws the trial of a number; None after a grid's last."""
        known = self.known()
        if number < len(known):
            return known[number]
        earlier = [(trial.options, self.result(trial)) for trial in known]
        options = draw(self.sweep, earlier, self.seed)
        if options is None:
            return None
        trial = Trial(self.out / f"trial_{number:03}", options)
        write_json(trial.folder / "trial.json", options)
        return trial

    def _start(self, trial: Trial, on_ray: Callable[[RayRun], RayProcess] | None) -> Process | None:
        """Starts a trial's training; None if the trial is finished."""
        if on_ray is None:
            return self._start_here(trial)
        if trial.test is not None:
            return None
        log, lock = trial.folder / "log.txt", trial.folder / "lock"
        train = partial(complete, trial, self.training(trial))
        return on_ray(RayRun(train, log, lock, writes=(trial.folder,), reads=(trial.folder,)))

    def _start_here(self, trial: Trial) -> Process | None:
        with (trial.folder / "lock").open("w") as lock:
            # The training keeps the lock while it runs, even if the sweep is killed.
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(f"{trial.folder.name} still runs, from an earlier call: waiting", flush=True)
                fcntl.flock(lock, fcntl.LOCK_EX)
            if trial.test is not None:
                return None
            with (trial.folder / "log.txt").open("ab") as log:
                return subprocess.Popen(
                    self.command(trial),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=[lock.fileno()],
                    # Ctrl-C goes to the sweep only, which stops its trials.
                    start_new_session=True,
                )

    def command(self, trial: Trial) -> list[str]:
        """Command of a trial's training, from its last checkpoint if it has one."""
        return [sys.executable, "-m", PROGRAM, *self.training(trial), *trial.going_on]

    def training(self, trial: Trial) -> list[str]:
        """Arguments of a trial's training."""
        logger = f"--trainer.logger.init_args.save_dir={self.out}"
        name = f"--trainer.logger.init_args.name={trial.folder.name}"
        # A file for W&B's agent names a project; offline, nothing is sent.
        local = ["--wandb.project=null", logger, name]
        return [*self.sweep.training(trial.options), *self.more, *local]

    def _outcome(self, trial: Trial, status: int) -> str:
        result = self.result(trial)
        shown = " ".join(f"{name}={value}" for name, value in trial.options.items())
        if result is None:
            return (
                f"{trial.folder.name} failed ({status}), read {trial.folder / 'log.txt'}: {shown}"
            )
        return f"{trial.folder.name}: {self.sweep.metric} {result:.4g} with {shown}"
