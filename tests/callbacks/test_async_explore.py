"""Asynchronous exploration: its programs arrive, and none of its processes stays behind."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from sparse_rl.actors.explorers import ExplorationError
from sparse_rl.callbacks.async_explore import AsyncExplore
from sparse_rl.callbacks.checkpoint_io import AtomicCheckpointIO
from sparse_rl.callbacks.checkpoints import LastCheckpoint
from sparse_rl.checkpoint_file import read_checkpoint
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.estimators import Estimator, Mapo, Reinforce
from sparse_rl.exploration.key_log import logged_keys
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.world import replay_actions
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.modules.tables.table_task import TableTask

Fit = Callable[..., PolicyLearner]
Step = Callable[[pl.Trainer, PolicyLearner], None]


class AtEveryStep(pl.Callback):
    """Calls a function after every step, and ends a training that takes too long."""

    def __init__(self, do: Step) -> None:
        self.do = do
        self.begin = time.monotonic()

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_: Any) -> None:
        assert time.monotonic() - self.begin < 60, "nothing has happened"
        self.do(trainer, pl_module)


def until_explored(count: int) -> Step:
    def stop(trainer: pl.Trainer, learner: PolicyLearner) -> None:
        trainer.should_stop = len(learner.memory.explored) >= count

    return stop


def learner_of(estimator: Estimator | None = None) -> PolicyLearner:
    task = TableTask(embedding=16, hidden=16)
    return PolicyLearner(task, estimator or Mapo(fresh=2), lr=1e-3)


@pytest.fixture
def data(small_wikisql: Path, cache: Path) -> WikiSQLDataModule:
    return WikiSQLDataModule(str(small_wikisql), batch_size=10, limit=40, cache=str(cache))


@pytest.fixture
def fit(data: WikiSQLDataModule, tmp_path: Path) -> Iterator[Fit]:
    """Trains until a function of trainer and learner ends it; every run has a folder of its own."""
    folders = (tmp_path / str(number) for number in itertools.count())

    def run(
        callback: pl.Callback | None,
        do: Step,
        learner: PolicyLearner | None = None,
        ckpt_path: str | None = None,
    ) -> PolicyLearner:
        pl.seed_everything(0, verbose=False)
        learner = learner or learner_of()
        trainer = pl.Trainer(
            max_epochs=10_000,
            accelerator="cpu",
            logger=False,
            default_root_dir=next(folders),
            enable_progress_bar=False,
            enable_model_summary=False,
            log_every_n_steps=1,
            limit_val_batches=0,
            plugins=[AtomicCheckpointIO()],
            callbacks=[LastCheckpoint(), AtEveryStep(do), *([callback] if callback else [])],
        )
        trainer.fit(learner, datamodule=data, ckpt_path=ckpt_path)
        return learner

    yield run
    assert explorers() == []


def explorers() -> list[Any]:
    return [p for p in multiprocessing.active_children() if p.name.startswith("explor")]


@pytest.mark.parametrize("count", [pytest.param(1, marks=pytest.mark.slow(ci=True)), 2])
def test_programs_reach_the_strata_while_training(
    fit: Fit, data: WikiSQLDataModule, count: int
) -> None:
    arrived: list[int] = []

    def watch(trainer: pl.Trainer, learner: PolicyLearner) -> None:
        arrived.append(len(explorers()))
        if learner.memory.stale is not None and trainer.logged_metrics.get("explore/walks"):
            assert trainer.logged_metrics["explore/age"] >= 0
        until_explored(60)(trainer, learner)

    learner = fit(AsyncExplore(count, questions=8, refresh_steps=1), watch)
    assert set(arrived) == {count + 1}
    rewarded, unrewarded = learner.memory.replay.sizes()
    assert rewarded and unrewarded
    examples = {example.id: example for example in data.examples("train")}
    seen = 0
    for id_, example in examples.items():
        world = TableWorld(example, data.language)
        for stratum, reward in (
            (learner.memory.replay.rewarded, 1),
            (learner.memory.replay.unrewarded, 0),
        ):
            for trajectory in stratum(id_, world):
                assert trajectory == replay_actions(world, trajectory.actions)
                assert trajectory.reward == reward
                seen += 1
    assert seen == rewarded + unrewarded


def test_what_was_drawn_beside_training_is_what_it_scores_as_fresh(
    fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored: list[torch.Tensor] = []
    loss = Mapo.loss

    def keep(self: Mapo, batch: Any, diagnose: bool) -> Any:
        scored.append(batch.log_behaviour_N)
        assert batch.max_ratio == 2.0
        value, report = loss(self, batch, diagnose)
        assert value.isfinite()
        return value, report

    monkeypatch.setattr(Mapo, "loss", keep)
    fit(AsyncExplore(1, questions=8, max_ratio=2.0), until_explored(60))
    stale = torch.cat(scored)
    assert (~stale.isnan()).any(), "no asynchronous draw was used"
    # A later draw of the same visit makes up for what it could not draw; so a little below 1.
    assert stale[~stale.isnan()].max() <= 0.7


@pytest.mark.parametrize(
    "estimator",
    [
        Reinforce(fresh=2),
        pytest.param(Mapo(fresh=0), marks=pytest.mark.slow(ci=True)),
        Mapo(fresh=2),
    ],
)
def test_the_estimators_own_draws_stay_where_nothing_can_replace_them(
    fit: Fit, estimator: Estimator
) -> None:
    """An on-policy estimator, one without fresh draws, and one that is told to."""

    def stop(trainer: pl.Trainer, learner: PolicyLearner) -> None:
        trainer.should_stop = True

    max_ratio = 0.0 if estimator.plan.fresh and estimator.plan.reject_known else 1.0
    callback = AsyncExplore(1, questions=8, max_ratio=max_ratio)
    assert fit(callback, stop, learner_of(estimator)).memory.stale is None


def test_an_error_in_training_leaves_no_process(fit: Fit) -> None:
    def fail(trainer: pl.Trainer, learner: PolicyLearner) -> None:
        assert len(explorers()) == 3
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fit(AsyncExplore(2), fail)


@pytest.mark.parametrize(
    "victim",
    ["exploration worker 2", pytest.param("exploration policy", marks=pytest.mark.slow(ci=True))],
)
def test_the_death_of_a_process_is_one_clear_error(fit: Fit, victim: str) -> None:
    def kill(trainer: pl.Trainer, learner: PolicyLearner) -> None:
        for process in explorers():
            if process.name == victim and process.is_alive():
                os.kill(process.pid, signal.SIGKILL)

    with pytest.raises(ExplorationError, match=rf"{victim}.* died with exit status -9"):
        fit(AsyncExplore(2), kill)


def test_an_error_in_a_worker_is_told_by_training(
    fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: TableWorld, state: Any) -> float:
        raise ZeroDivisionError("no reward")

    learner = learner_of(Mapo(fresh=0))
    monkeypatch.setattr(TableWorld, "reward", broken)
    with pytest.raises(ExplorationError, match=r"(?s)fix the error.*ZeroDivisionError: no reward"):
        fit(AsyncExplore(1), lambda trainer, learner: None, learner)


def keys_of(state: dict[str, Any]) -> list[str]:
    return list(logged_keys(state["text"], state["lengths"]))


@pytest.mark.slow(ci=True)
def test_after_sigterm_training_goes_on_with_all_that_was_delivered(
    fit: Fit, tmp_path: Path
) -> None:
    def terminate(trainer: pl.Trainer, learner: PolicyLearner) -> None:
        if len(learner.memory.explored) >= 50:
            # A batch system sends it to everybody.
            for process in explorers():
                os.kill(process.pid, signal.SIGTERM)
            signal.raise_signal(signal.SIGTERM)

    stopped = learner_of()
    with pytest.raises(SystemExit):
        fit(AsyncExplore(1, questions=8), terminate, stopped)
    assert explorers() == []
    (path,) = tmp_path.rglob("last.ckpt")
    state = read_checkpoint(path)["sparse_rl"]
    assert keys_of(state["explored"]) == keys_of(stopped.memory.explored.state_dict())
    assert state["replay"]["ids"] == stopped.memory.replay.state_dict()["ids"]
    resumed = learner_of()
    more = len(stopped.memory.explored) + 50
    fit(AsyncExplore(1, questions=8), until_explored(more), resumed, str(path))
    found = resumed.memory.replay.programs()
    for id_, programs in stopped.memory.replay.programs().items():
        assert set(programs) <= set(found[id_])
    before, after = (keys_of(run.memory.explored.state_dict()) for run in (stopped, resumed))
    assert set(before) <= set(after)


def test_without_workers_nothing_changes(fit: Fit) -> None:
    def three_steps(trainer: pl.Trainer, learner: PolicyLearner) -> None:
        trainer.should_stop = trainer.global_step == 3

    plain, off = fit(None, three_steps), fit(AsyncExplore(), three_steps)
    assert off.memory.stale is None
    for name, tensor in plain.state_dict().items():
        assert off.state_dict()[name].equal(tensor), name
    assert str(off.memory.replay.state_dict()) == str(plain.memory.replay.state_dict())


def test_options_are_checked() -> None:
    with pytest.raises(ValueError, match=r"set walks to 1 or more: got 0"):
        AsyncExplore(1, walks=0)


SCRIPT = """
import sys, time
from multiprocessing import active_children
from sparse_rl.callbacks.async_explore import AsyncExplore
from sparse_rl.cli import main
start = AsyncExplore.on_train_start
def tell(self, *arguments):
    start(self, *arguments)
    print("pids", *(process.pid for process in active_children()), flush=True)
AsyncExplore.on_train_start = tell
main(sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_a_killed_run(
    number: signal.Signals, small_wikisql: Path, cache: Path, tmp_path: Path
) -> None:
    """Through the command line, with the pipes full or not."""
    config = Path(__file__).resolve().parents[2] / "configs" / "mapo_wikisql.yaml"
    run = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, "fit", f"--config={config}", f"--data.cache={cache}"]
        + [f"--data.root={small_wikisql}", f"--trainer.logger.save_dir={tmp_path}"]
        + ["--async_explore.workers=2", "--warm_start.method=none", "--trainer.max_epochs=10000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert run.stdout is not None
    pids = next(line for line in run.stdout if line.startswith("pids")).split()[1:]
    assert len(pids) == 3
    time.sleep(3)
    run.send_signal(number)
    run.wait(60)
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline, "a process is left"
        time.sleep(0.1)
