"""A run that is stopped and resumed is, bit for bit, the run that was never stopped."""

from __future__ import annotations

import csv
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sparse_rl.callbacks.random_state import get_random_state, set_random_state
from sparse_rl.checkpoint_parts import write_whole
from sparse_rl.cli import main
from sparse_rl.commands.programs import ProgramCLI
from sparse_rl.modules.learner import PolicyLearner

REPOSITORY = Path(__file__).resolve().parents[1]
# 12 questions: three steps an epoch.
OPTIONS = [
    f"--config={REPOSITORY / 'configs' / 'gaca_wikisql.yaml'}",
    "--model.estimator.fresh=1",
    "--model.estimator.replay_c=1",
    "--model.explore_per_visit=1",
    "--model.capacity_c=2",
    "--model.task.dropout=0.1",
    "--model.task.hidden=16",
    "--model.task.embedding=16",
    "--data.limit=12",
    "--data.batch_size=4",
    "--trainer.accelerator=cpu",
    "--trainer.log_every_n_steps=1",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
    "--warm_start.workers=1",
    "--warm_start.max_programs=1",
    "--last_checkpoint.every_n_train_steps=1",
]
Fit = Callable[..., dict[str, Any]]


def equal(a: Any, b: Any) -> bool:
    """Equality of nested containers and tensors to the last bit, order of dicts included."""
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.dtype == b.dtype and a.equal(b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return bool(a == b)


def assert_same_run(run: dict[str, Any], straight: dict[str, Any]) -> None:
    for part in ("state_dict", "optimizer_states", "lr_schedulers", "epoch", "global_step"):
        assert equal(run[part], straight[part]), part
    for part, state in straight["sparse_rl"].items():
        assert equal(run["sparse_rl"][part], state), part
    assert equal(run["callbacks"]["RandomState"], straight["callbacks"]["RandomState"])
    # What was logged after the stop, times apart.
    tail = straight["rows"][-len(run["rows"]) :]
    assert run["rows"] == tail


def logged(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open() as file:
        rows = [{k: v for k, v in r.items() if "seconds" not in k} for r in csv.DictReader(file)]
    # Of the rows of an epoch's validation and end, one may hold times alone.
    return [row for row in rows if any(v for k, v in row.items() if k not in ("epoch", "step"))]


@pytest.fixture(autouse=True)
def untested(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test at the end of a training: it takes time."""
    monkeypatch.setattr(ProgramCLI, "after_fit", lambda self: None)


def fitting(root: Path, cache: Path, folder: Path) -> Fit:
    """What fits with some options, and returns the last checkpoint and what was logged."""

    def run(*more: str) -> dict[str, Any]:
        runs = folder / "gaca_wikisql"
        number = len(list(runs.glob("version_*")))
        main(
            ["fit", *OPTIONS, f"--data.root={root}", f"--data.cache={cache}"]
            + [f"--trainer.logger.save_dir={folder}", *more]
        )
        version = runs / f"version_{number}"
        state = torch.load(version / "checkpoints" / "last.ckpt", weights_only=True)
        return {**state, "rows": logged(version), "folder": version}

    return run


@pytest.fixture
def fit(small_wikisql: Path, cache: Path, tmp_path: Path) -> Fit:
    return fitting(small_wikisql, cache, tmp_path)


@contextmanager
def keeping(folder: Path) -> Iterator[dict[int, Path]]:
    """Copies of every last.ckpt of the runs, by step: what a kill at that moment leaves."""
    copies: dict[int, Path] = {}

    def keep(checkpoint: dict[str, Any], path: Path) -> None:
        write_whole(checkpoint, path)
        step = checkpoint["global_step"]
        if Path(path).name == "last.ckpt" and step not in copies:
            copies[step] = folder / f"{step}.ckpt"
            shutil.copy(path, copies[step])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sparse_rl.callbacks.checkpoint_io.write_whole", keep)
        yield copies


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[dict[int, Path]]:
    with keeping(tmp_path) as copies:
        yield copies


TWO_EPOCHS = "--trainer.max_epochs=2"
Straight = tuple[dict[str, Any], dict[int, Path]]


@pytest.fixture(scope="module")
def straight(
    small_wikisql: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Straight:
    """A run of two epochs that nothing stopped, and copies of its last.ckpt by step."""
    folder = tmp_path_factory.mktemp("straight")
    with keeping(folder) as copies, pytest.MonkeyPatch.context() as patch:
        patch.setattr(ProgramCLI, "after_fit", lambda self: None)
        return fitting(small_wikisql, cache, folder)(TWO_EPOCHS), copies


@pytest.mark.parametrize(
    "step", [2, pytest.param(3, marks=pytest.mark.slow(ci=True))], ids=["within", "at the end"]
)
def test_a_run_killed_in_an_epoch_is_resumed_exactly(
    fit: Fit, straight: Straight, step: int
) -> None:
    run, copies = straight
    assert sorted(copies) == list(range(1, 7))
    assert_same_run(fit(TWO_EPOCHS, f"--ckpt_path={copies[step]}"), run)


def test_a_run_killed_in_pre_training_or_after_it_is_resumed_exactly(
    fit: Fit, kept: dict[int, Path]
) -> None:
    options = [TWO_EPOCHS, "--model.pretraining_steps=4", "--warm_start.max_programs=4"]
    straight = fit(*options)
    for step in (2, 5):
        assert_same_run(fit(*options, f"--ckpt_path={kept[step]}"), straight)


def test_an_average_of_the_weights_is_resumed_exactly(fit: Fit, kept: dict[int, Path]) -> None:
    options = ["--average_weights.decay=0.9", TWO_EPOCHS]
    straight = fit(*options)
    resumed = fit(*options, f"--ckpt_path={kept[4]}")
    assert_same_run(resumed, straight)
    assert equal(resumed["trained_weights"], straight["trained_weights"])
    assert not equal(straight["trained_weights"], straight["state_dict"])


@pytest.mark.slow(ci=True)
def test_what_an_estimator_has_learned_is_resumed_exactly(fit: Fit, kept: dict[int, Path]) -> None:
    options = [
        "--model.estimator=Merl",
        "--model.estimator.size=12",
        "--model.estimator.held_out=0.4",
        "--model.estimator.meta_every=1",
        "--warm_start.max_programs=4",
        "--trainer.max_epochs=1",
        # The last two of the three batches have held-out questions.
        "--data.seed=1",
    ]
    straight = fit(*options)
    assert straight["sparse_rl"]["estimator"]["phi"].any()
    resumed = fit(*options, f"--ckpt_path={kept[2]}")
    assert_same_run(resumed, straight)


@pytest.mark.slow
def test_kill_9_leaves_a_checkpoint_from_which_the_run_goes_on_exactly(
    fit: Fit, small_wikisql: Path, cache: Path, tmp_path: Path
) -> None:
    options = ["--trainer.max_epochs=4"]
    straight = fit(*options)
    killed = subprocess.Popen(
        [sys.executable, str(REPOSITORY / "train.py"), "fit", *OPTIONS, *options]
        + [f"--data.root={small_wikisql}", f"--data.cache={cache}"]
        + [f"--trainer.logger.save_dir={tmp_path}"],
        stderr=subprocess.DEVNULL,
    )
    last = tmp_path / "gaca_wikisql" / "version_1" / "checkpoints" / "last.ckpt"
    while not last.is_file():
        assert killed.poll() is None
        time.sleep(0.01)
    killed.kill()
    assert killed.wait() == -signal.SIGKILL
    resumed = fit(*options, "--ckpt_path=last")
    assert resumed["rows"], "it was killed in time"
    assert_same_run(resumed, straight)


def test_a_killed_run_through_mazes_is_resumed_exactly(
    kept: dict[int, Path], tmp_path: Path
) -> None:
    """Within an epoch, between two refreshes of the mixture prior."""
    options = [f"--config={REPOSITORY / 'configs' / 'gaca_textworld.yaml'}"]
    options += ["--model.estimator.fresh=1", "--model.estimator.replay_c=1", "--data.passes=3"]
    options += [
        "--data.limit=16",
        "--model.estimator.prior.refresh_every=2",
        "--trainer.max_epochs=2",
    ]
    options += [option for option in OPTIONS if option.startswith(("--trainer", "--last"))]

    def run(*more: str) -> dict[str, Any]:
        main(["fit", *options, f"--trainer.logger.save_dir={tmp_path}", *more])
        version = max((tmp_path / "gaca_textworld").iterdir())
        state = torch.load(version / "checkpoints" / "last.ckpt", weights_only=True)
        return {**state, "rows": logged(version)}

    straight = run()
    assert sorted(kept) == list(range(1, 7))
    assert_same_run(run(f"--ckpt_path={kept[4]}"), straight)


def test_sigterm_leaves_a_checkpoint_from_which_the_run_goes_on_exactly(
    fit: Fit, straight: Straight, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = [TWO_EPOCHS, "--last_checkpoint.every_n_train_steps=0"]
    run, _ = straight
    step = PolicyLearner.training_step

    def stop_in_the_second_step(self: PolicyLearner, batch: Any, batch_index: int) -> Any:
        if self.global_step == 1:
            signal.raise_signal(signal.SIGTERM)
        return step(self, batch, batch_index)

    with monkeypatch.context() as patch, pytest.raises(SystemExit) as exit_:
        patch.setattr(PolicyLearner, "training_step", stop_in_the_second_step)
        fit(*options)
    assert not exit_.value.code
    resumed = fit(*options, "--ckpt_path=last")
    assert len(resumed["rows"]) < len(run["rows"])
    assert_same_run(resumed, run)


@pytest.mark.slow(ci=True)
def test_a_run_stopped_by_max_steps_is_resumed_exactly(fit: Fit) -> None:
    """Within an epoch and at its end. A schedule is planned for max_steps, so there is none."""
    options = ["--model.lr_end=1", "--last_checkpoint.every_n_train_steps=0"]
    straight = fit(*options, "--trainer.max_steps=6")
    assert fit(*options, "--trainer.max_steps=2")["epoch"] == 0
    fit(*options, "--trainer.max_steps=3", "--ckpt_path=last")
    resumed = fit(*options, "--trainer.max_steps=6", "--ckpt_path=last")
    assert_same_run(resumed, straight)
    # The best checkpoint may be the earlier run's.
    best = [run["callbacks"] for run in (resumed, straight)]
    (key,) = (key for key in best[0] if key.startswith("BestCheckpoint"))
    assert equal(*(callbacks[key]["best_model_score"] for callbacks in best))


@pytest.mark.slow(ci=True)
def test_a_longer_run_keeps_the_old_plan_of_the_learning_rate_and_says_so(fit: Fit) -> None:
    stopped = fit("--trainer.max_epochs=1")
    with pytest.warns(UserWarning, match="over 3 steps.*and not over the 6 of these options"):
        longer = fit("--trainer.max_epochs=2", "--ckpt_path=last")
    assert longer["lr_schedulers"][0]["total_iters"] == 3
    rates = [run["optimizer_states"][0]["param_groups"][0]["lr"] for run in (stopped, longer)]
    assert rates[0] == rates[1], "it has reached its end"


def test_the_random_state_is_plain_and_complete(tmp_path: Path) -> None:
    def draw() -> list[float]:
        return [float(torch.rand(())), np.random.normal(), random.gauss(0, 1)]

    draw()
    torch.save(get_random_state(), tmp_path / "state.pt")
    first = draw()
    set_random_state(torch.load(tmp_path / "state.pt", weights_only=True))
    assert draw() == first


def test_a_falling_learning_rate_needs_an_end(fit: Fit) -> None:
    with pytest.raises(SystemExit, match=r"set --trainer\.max_epochs or --trainer\.max_steps"):
        fit("--trainer.max_epochs=-1", "--model.lr_end=0.1")
