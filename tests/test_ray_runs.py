"""Trainings on Ray end as processes of this machine do; here they are functions without work."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sparse_rl.errors import SparseRLError
from sparse_rl.ray_runs import LOST, RayProcess, RayRun, ray_runs
from sparse_rl.ray_tasks import RETRIES

pytestmark = pytest.mark.slow
Starter = Callable[[Callable[[], None]], RayProcess]


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def start(out: Path) -> Iterator[Starter]:
    """Starts a function as a training in a folder that its worker sees."""
    pytest.importorskip("ray", reason="the extra: pip install 'sparse_rl[ray]'")
    with ray_runs(out, at_a_time=1) as start_run:
        yield lambda train: start_run(RayRun(train, Path("log"), Path("lock"), (Path("run"),)))


def status(process: RayProcess) -> int:
    while (found := process.poll()) is None:
        time.sleep(0.05)
    return found


def test_a_training_has_a_process_of_its_own_and_a_status(start: Starter, out: Path) -> None:
    def train() -> None:
        print("trained")
        Path("run").write_text(str(os.getpid()))

    def refuse() -> None:
        sys.exit("error: set it to 1")

    def fail() -> None:
        with Path("failed").open("a") as file:
            file.write("x")
        raise ValueError("no such thing")

    processes = set()
    for _ in range(2):
        assert status(start(train)) == 0
        processes.add((out / "run").read_text())
    assert len(processes) == 2
    assert status(start(refuse)) == status(start(fail)) == 1
    log = (out / "log").read_text()
    assert log.startswith("trained\ntrained\nerror: set it to 1\nTraceback")
    assert log.endswith("ValueError: no such thing\n")
    # An error is a result; only a lost worker's training is begun again.
    assert (out / "failed").read_text() == "x"


def test_a_training_whose_workers_always_die_has_the_status_of_a_killed_one(
    start: Starter, out: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def die() -> None:
        with Path("begun").open("a") as file:
            file.write("x")
        os.kill(os.getpid(), signal.SIGKILL)

    assert status(start(die)) == LOST
    assert (out / "begun").read_text() == "x" * (1 + RETRIES)
    assert "lower the number of workers" in capfd.readouterr().out


def test_a_training_that_is_told_to_stop_has_time_to_save(start: Starter, out: Path) -> None:
    def train() -> None:
        Path("begun").touch()
        try:
            while True:
                time.sleep(0.01)
        except KeyboardInterrupt:
            time.sleep(0.5)
            Path("saved").touch()
            sys.exit(130)

    process = start(train)
    while not (out / "begun").exists():
        time.sleep(0.05)
    process.terminate()
    process.join()
    assert (out / "saved").exists()


def test_every_machine_needs_the_folder_of_the_command(
    start: Starter, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = out / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    process = start(lambda: None)
    monkeypatch.chdir(out)
    with pytest.raises(SparseRLError, match="start the command in a folder that every machine"):
        # Where it is another machine that lacks it.
        folder.rmdir()
        status(process)
