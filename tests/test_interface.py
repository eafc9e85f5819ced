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
from sparse_rl.errors import CheckpointError, DataError, SparseRLError, WorldError
from sparse_rl.exploration.search import Method
from sparse_rl.modules.mazes.maze_task import MazeTask
from sparse_rl.modules.sequence import SequencePolicy


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


WORLDS = {f"corridor {n}": Corridor(100 + n) for n in range(4)}


def small() -> sr.WorldTask:
    return sr.WorldTask(WORLDS, embedding=4, hidden=8)


def fit(folder: Path, epochs: int, resume: Path | None = None) -> sr.Run:
    memory = None if resume else sr.explore(small(), "systematic", attempts=8)
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
    assert memory.replay.coverage(WORLDS) == 4
    assert all(len(actions) >= 100 for p in memory.replay.programs().values() for actions in p)
    straight = fit(tmp_path / "straight", 2)
    part = fit(tmp_path / "part", 1)
    resumed = fit(tmp_path / "part", 2, part.folder)
    whole, again = (
        torch.load(run.folder / "checkpoints/last.ckpt", weights_only=True)
        for run in (straight, resumed)
    )
    assert whole["global_step"] == again["global_step"] == 2
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
    assert written["accuracy"] == accuracies["beam_accuracy"] and written["count"] == 4
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


def lazy(**changed: object) -> sr.WorldTask:
    """Worlds with a broken promise."""
    kind = type("Broken", (Corridor,), changed)
    return sr.WorldTask({"a": kind(4)})


@pytest.mark.parametrize("method", ["systematic", "gumbel", "exhaustive"])
def test_a_dead_end_is_one_line_in_every_search(method: Method) -> None:
    task = lazy(valid_actions=lambda self, state: () if state[0] == 2 else (0, 1))
    with pytest.raises(WorldError, match="give every state that is not terminal a valid action"):
        sr.explore(task, method)


@pytest.mark.parametrize("reward", [-1.0, float("nan")])
def test_rewards_below_zero_are_refused(reward: float, tmp_path: Path) -> None:
    task = lazy(reward=lambda self, state: reward)
    with pytest.raises(WorldError, match="give rewards of 0 or more"):
        sr.fit(task, sr.Mapo(fresh=1), max_epochs=1, folder=tmp_path)


def test_what_would_be_another_choice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SparseRLError, match="set method to one of"):
        sr.explore(small(), "sytematic")  # type: ignore[arg-type]
    with pytest.raises(SparseRLError, match="set attempts to 1 or more"):
        sr.explore(small(), attempts=0)
    with pytest.raises(SparseRLError, match="set explored to one of"):
        sr.fit(small(), learner={"explored": "blom"})
    with pytest.raises(SparseRLError, match="pass an estimator object"):
        sr.fit(small(), sr.Mml)  # type: ignore[arg-type]
    with pytest.raises(SparseRLError, match="leave out memory or resume"):
        sr.fit(small(), memory=sr.Memory(), resume=tmp_path)
    with pytest.raises(DataError, match="as a tuple of words"):
        sr.WorldExample("a", Corridor(4), "go left")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="without NUL as id"):
        sr.WorldExample("a\0", Corridor(4))
    with pytest.raises(DataError, match="give train as WorldExamples"):
        sr.WorldTask([Corridor(4)])  # type: ignore[list-item]


def test_a_policy_without_finite_scores_ends_in_one_line(tmp_path: Path) -> None:
    class Broken(sr.WorldTask):
        def build(self, data: object) -> SequencePolicy:
            policy = super().build(data)
            for weights in policy.parameters():
                weights.data.fill_(torch.nan)
            return policy

    task = Broken(small().data.examples("train"))
    with pytest.raises(SparseRLError, match="lower the learning rate"):
        sr.fit(task, sr.Reinforce(fresh=2), max_epochs=2, folder=tmp_path)


def test_an_estimator_and_a_memory_serve_several_runs(tmp_path: Path) -> None:
    memory, estimator, weights = sr.explore(small(), attempts=8), sr.Gaca(), []
    for _ in range(2):
        run = sr.fit(small(), estimator, memory=memory, max_epochs=1, folder=tmp_path)
        weights.append(run.learner.state_dict())
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())


def test_a_memory_of_other_worlds_is_checked(tmp_path: Path) -> None:
    memory = sr.explore(sr.WorldTask({"b": Corridor(4)}), attempts=16)
    with pytest.raises(SparseRLError, match="pass a memory of these worlds"):
        sr.fit(sr.WorldTask({"a": Corridor(4)}), sr.Mml(), memory=memory, folder=tmp_path)
    with pytest.warns(UserWarning, match="left out"):
        run = sr.fit(
            sr.WorldTask({"b": Corridor(5)}),
            sr.Mapo(fresh=1),
            memory=memory,
            max_epochs=1,
            folder=tmp_path,
        )
    assert all(len(a) == 5 for p in run.learner.memory.replay.programs().values() for a in p)


def test_a_resumed_run_keeps_its_best_checkpoint_in_its_own_folder(tmp_path: Path) -> None:
    run = fit(tmp_path, 1)
    resumed = fit(tmp_path, 2, run.folder)
    assert resumed.folder != run.folder
    assert resumed.checkpoint == resumed.folder / "checkpoints" / "best.ckpt"
    assert sr.load(resumed.folder, small()).predictions() == resumed.predictions()


def test_files_that_are_no_checkpoints_are_one_line(tmp_path: Path) -> None:
    junk = tmp_path / "junk.ckpt"
    junk.write_bytes(b"abc" * 100)
    with pytest.raises(CheckpointError, match="use an earlier checkpoint"):
        sr.load(junk, small())
    torch.save({"a": 1}, junk)
    with pytest.raises(CheckpointError, match="has no weights"):
        sr.load(junk, small())
    torch.save({"state_dict": {}}, junk)
    with pytest.raises(CheckpointError, match="that sparse_rl has written"):
        sr.load(junk, small())
