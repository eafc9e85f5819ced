"""The Python interface, on worlds that the package does not know."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

import sparse_rl as sr
from sparse_rl.checkpoint_file import CheckpointError
from sparse_rl.errors import SparseRLError
from sparse_rl.modules.mazes.maze_task import MazeTask


@dataclass(frozen=True)
class Corridor:
    """So many steps to the left or to the right; rewarded on the right half."""

    length: int
    symbols = (0, 1)

    def start(self) -> tuple[int, int]:
        return 0, 0

    def valid_actions(self, state: tuple[int, int]) -> tuple[int, ...]:
        return self.symbols

    def step(self, state: tuple[int, int], action: int) -> tuple[int, int]:
        return state[0] + 1, state[1] + 2 * action - 1

    def is_terminal(self, state: tuple[int, int]) -> bool:
        return state[0] == self.length

    def reward(self, state: tuple[int, int]) -> float:
        return float(state[1] > 0)


WORLDS = {f"corridor {n}": Corridor(100 + n) for n in range(6)}


def small() -> sr.WorldTask:
    return sr.WorldTask(WORLDS, embedding=4, hidden=8)


def fit(folder: Path, epochs: int, resume: Path | None = None) -> sr.Run:
    memory = sr.explore(small(), "systematic", attempts=8)
    return sr.fit(
        small(),
        sr.Mapo(fresh=1),
        memory=memory,
        max_epochs=epochs,
        lr=1e-2,
        folder=folder,
        resume=resume,
        learner={"explore_per_visit": 1, "explored": "bloom"},
    )


def test_walks_of_a_hundred_steps_are_explored_trained_on_and_resumed(tmp_path: Path) -> None:
    memory = sr.explore(small(), "systematic", attempts=8)
    assert memory.replay.coverage(WORLDS) == 6
    assert all(len(actions) >= 100 for p in memory.replay.programs().values() for actions in p)
    straight = fit(tmp_path / "straight", 3)
    part = fit(tmp_path / "part", 2)
    resumed = fit(tmp_path / "part", 3, part.folder / "checkpoints/last.ckpt")
    whole, again = (
        torch.load(run.folder / "checkpoints/last.ckpt", weights_only=True)
        for run in (straight, resumed)
    )
    assert whole["global_step"] == again["global_step"] == 3
    for name, value in whole["state_dict"].items():
        assert torch.equal(value, again["state_dict"][name]), name
    mine, theirs = whole["sparse_rl"], again["sparse_rl"]
    assert mine["replay"]["ids"] == theirs["replay"]["ids"]
    assert torch.equal(mine["replay"]["rewarded"]["tokens"], theirs["replay"]["rewarded"]["tokens"])
    assert torch.equal(mine["explored"]["bits"], theirs["explored"]["bits"])


def test_a_run_is_evaluated_reported_and_loaded(tmp_path: Path) -> None:
    run = fit(tmp_path, 1)
    accuracies = sr.evaluate(run, "test")
    assert accuracies["answerable"] == 1.0 and 0 <= accuracies["greedy_accuracy"] <= 1
    written = json.loads((run.folder / "test_metrics.json").read_text())
    assert written["accuracy"] == accuracies["beam_accuracy"] and written["count"] == 6
    lines = [json.loads(line) for line in (run.folder / "predictions.jsonl").open()]
    assert [line["id"] for line in lines] == list(WORLDS)
    assert lines == run.predictions("test")
    assert "mapo_worldtask" in run.report().read_text()
    loaded = sr.load(run.folder, small())
    assert loaded.predictions() == run.predictions()
    assert sr.evaluate(loaded, "dev")["greedy_accuracy"] == accuracies["greedy_accuracy"]
    with pytest.raises(CheckpointError, match=r"set model\.task to WorldTask"):
        sr.load(run.folder, MazeTask(), small().data)
    with pytest.raises(CheckpointError, match="of WorldTask, which has no tables"):
        sr.load(run.folder)


def test_what_is_missing_is_said() -> None:
    with pytest.raises(SparseRLError, match="pass data="):
        sr.explore(sr.WorldTask())
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        sr.nothing  # noqa: B018
    assert set(sr.__all__) <= set(dir(sr))


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, sparse_rl; print([m for m in ('torch', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
