"""Whole runs through the command line, in processes of their own."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sparse_rl.checkpoint_file import read_checkpoint
from sparse_rl.exploration.explored import ExactExplored
from sparse_rl.replay.memory import Memory

REPOSITORY = Path(__file__).resolve().parents[2]
# Lightning starts the other processes with the same script. This one tells their process ids, and
# leaves the test out where it is not wanted.
SCRIPT = """
import os
from pathlib import Path
from sparse_rl.cli import main
from sparse_rl.commands.programs import ProgramCLI

if "SKIP_TEST" in os.environ:
    ProgramCLI.after_fit = lambda self: None
if __name__ == "__main__":
    Path(f"pid{os.environ.get('LOCAL_RANK', 0)}").write_text(str(os.getpid()))
    main()
"""
OPTIONS = [
    f"--config={REPOSITORY / 'configs' / 'gaca_wikisql.yaml'}",
    "--model.estimator.fresh=1",
    "--model.estimator.replay_c=1",
    "--model.explore_per_visit=1",
    # The tests look at its keys.
    "--model.explored=exact",
    "--model.capacity_c=2",
    "--model.task.hidden=16",
    "--model.task.embedding=16",
    "--model.lr_end=1",
    "--data.batch_size=8",
    "--trainer.accelerator=cpu",
    "--trainer.log_every_n_steps=1",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
    "--warm_start.workers=1",
    "--warm_start.max_programs=2",
]


@dataclass(frozen=True)
class Run:
    """What a run left."""

    state: dict[str, Any]
    metrics: list[dict[str, str]]
    folder: Path

    @property
    def last(self) -> Path:
        return self.folder / "checkpoints" / "last.ckpt"

    def logged(self, name: str) -> list[float]:
        return [float(row[name]) for row in self.metrics if row.get(name)]

    def entries(self) -> dict[str, Any]:
        """B, C, visits and size of the reservoir's stream of every example, in their order."""
        replay = self._memory().replay
        seen = dict(zip(*(replay.state_dict()[name] for name in ("ids", "seen")), strict=True))
        return {id_: (*kept, int(seen[id_])) for id_, kept in replay.contents().items()}

    def explored(self) -> set[str]:
        """The explored prefixes of all processes."""
        explored = self._memory().explored
        assert isinstance(explored, ExactExplored)
        return explored._keys

    def _memory(self) -> Memory:
        memory = Memory()
        memory.load_state_dict(self.state["sparse_rl"])
        return memory


@dataclass
class Runner:
    """Starts runs, each in a folder of its own.

    Attributes:
        script: what is run.
        data: options of the data.
        root: of the folders.
        folder: the last run's.
    """

    script: Path
    data: list[str]
    root: Path
    folder: Path
    count: int = 0

    def start(self, *more: str, launcher: Sequence[str] = (), **env: str) -> subprocess.Popen[str]:
        """Starts `fit` in a process group; `launcher` comes between Python and the script."""
        self.folder = self.root / str(self.count)
        self.folder.mkdir()
        self.count += 1
        return subprocess.Popen(
            [sys.executable, *launcher, str(self.script), "fit", *OPTIONS, *self.data]
            + [f"--trainer.logger.save_dir={self.folder}", *more],
            cwd=self.folder,
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def finish(self, process: subprocess.Popen[str]) -> Run:
        """Waits for a run to end without an error."""
        try:
            shown, _ = process.communicate(timeout=900)
        finally:
            process.kill()
        assert process.returncode == 0, shown[-3000:]
        return self.read()

    def read(self) -> Run:
        """What the last run left."""
        version = self.folder / "gaca_wikisql" / "version_0"
        with (version / "metrics.csv").open() as file:
            metrics = list(csv.DictReader(file))
        return Run(read_checkpoint(version / "checkpoints" / "last.ckpt"), metrics, version)

    def __call__(self, *more: str, launcher: Sequence[str] = (), **env: str) -> Run:
        return self.finish(self.start(*more, launcher=launcher, **env))


@pytest.fixture
def runner(small_wikisql: Path, cache: Path, tmp_path: Path) -> Runner:
    script = tmp_path / "fit.py"
    script.write_text(SCRIPT)
    data = [f"--data.root={small_wikisql}", f"--data.cache={cache}"]
    return Runner(script, data, tmp_path, tmp_path)


@pytest.fixture
def fit(runner: Runner) -> Callable[..., Run]:
    """Runs `fit` to its end."""
    return runner
