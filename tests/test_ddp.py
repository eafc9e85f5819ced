"""Two processes do what one does, and resume what two or one have done."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from sparse_rl import processes
from sparse_rl.replay.strata import Strata

REPOSITORY = Path(__file__).resolve().parents[1]
# Lightning starts the other processes with the same script. This one writes gradient norms down.
SCRIPT = """
import os
import torch
from sparse_rl.cli import main
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.training_cli import TrainingCLI

def record(self, optimizer):
    squares = [p.grad.square().sum() for p in self.parameters() if p.grad is not None]
    if self.trainer.is_global_zero:
        with open("norms", "a") as file:
            file.write(f"{float(torch.stack(squares).sum().sqrt())}\\n")

PolicyLearner.on_before_optimizer_step = record
if "SKIP_TEST" in os.environ:
    TrainingCLI.after_fit = lambda self: None
if __name__ == "__main__":
    main()
"""
OPTIONS = [
    f"--config={REPOSITORY / 'configs' / 'gaca_wikisql.yaml'}",
    "--model.estimator.fresh=1",
    "--model.estimator.replay_c=1",
    "--model.explore_per_visit=1",
    "--model.capacity_c=2",
    "--model.network.hidden=16",
    "--model.network.embedding=16",
    "--model.lr_end=1",
    "--data.batch_size=8",
    "--trainer.accelerator=cpu",
    "--trainer.log_every_n_steps=1",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
    "--warm_start.workers=1",
    "--warm_start.max_programs=2",
]
TWO = ["--trainer.strategy=ddp", "--trainer.devices=2"]

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Run:
    """What a run left."""

    state: dict[str, Any]
    metrics: list[dict[str, str]]
    norms: list[float]
    folder: Path

    def logged(self, name: str) -> list[float]:
        return [float(row[name]) for row in self.metrics if row.get(name)]

    def entries(self) -> dict[str, Any]:
        """B and C of every example, in their order."""
        replay = Strata()
        replay.load_state_dict(self.state["sparse_rl"]["replay"])
        return {
            id_: (list(e.rewarded), list(e.unrewarded), e.visits, e.seen_unrewarded)
            for id_, e in replay._entries.items()
        }


@pytest.fixture
def fit(small_wikisql: Path, cache: Path, tmp_path: Path) -> Callable[..., Run]:
    script = tmp_path / "fit.py"
    script.write_text(SCRIPT)
    count = 0

    def run(*more: str, **env: str) -> Run:
        nonlocal count
        folder = tmp_path / str(count)
        folder.mkdir()
        count += 1
        shown = subprocess.run(
            [sys.executable, str(script), "fit", *OPTIONS, f"--data.root={small_wikisql}"]
            + [f"--data.cache={cache}", f"--trainer.logger.save_dir={folder}", *more],
            cwd=folder,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            timeout=280,
        )
        assert shown.returncode == 0, shown.stderr[-3000:]
        version = folder / "gaca_wikisql" / "version_0"
        with (version / "metrics.csv").open() as file:
            metrics = list(csv.DictReader(file))
        last = torch.load(version / "checkpoints" / "last.ckpt", weights_only=True)
        norms = [float(line) for line in (folder / "norms").read_text().splitlines()]
        return Run(last, metrics, norms, version)

    return run


def test_two_processes_do_what_one_does(fit: Callable[..., Run]) -> None:
    """Losses, gradients, memory, prior and accuracies; up to the order of float summation."""
    one, two = (fit("--trainer.max_epochs=1", *more) for more in ([], TWO))
    assert two.logged("train/loss") == pytest.approx(one.logged("train/loss"), rel=1e-3)
    assert len(one.norms) == 10
    assert two.norms == pytest.approx(one.norms, rel=1e-2)
    assert two.norms[0] == pytest.approx(one.norms[0], rel=1e-5)
    assert two.entries() == one.entries()
    for name in ("memory/b", "memory/c", "memory/explored", "memory/coverage"):
        assert two.logged(name) == pytest.approx(one.logged(name), rel=1e-6)
    explored = [run.state["sparse_rl"]["explored"] for run in (one, two)]
    assert explored[0] == explored[1]
    priors = [run.state["sparse_rl"]["prior"] for run in (one, two)]
    assert priors[0]["templates"] == priors[1]["templates"]
    torch.testing.assert_close(priors[0]["count"], priors[1]["count"], rtol=1e-2, atol=1e-6)
    tests = [json.loads((run.folder / "test_metrics.json").read_text()) for run in (one, two)]
    assert tests[0]["answerable"] == tests[1]["answerable"]
    assert tests[0]["accuracy"] == pytest.approx(tests[1]["accuracy"], abs=1 / 24)


def test_two_processes_resume_exactly_and_one_takes_over(fit: Callable[..., Run]) -> None:
    env = {"SKIP_TEST": "1"}
    more = [*TWO, "--model.network.dropout=0.1"]
    straight = fit(*more, "--trainer.max_steps=6", **env)
    stopped = fit(*more, "--trainer.max_steps=3", **env)
    path = f"--ckpt_path={stopped.folder / 'checkpoints' / 'last.ckpt'}"
    resumed = fit(*more, "--trainer.max_steps=6", path, **env)
    assert resumed.norms == straight.norms[3:]
    assert resumed.logged("train/loss") == straight.logged("train/loss")[3:]
    for name, tensor in straight.state["state_dict"].items():
        assert resumed.state["state_dict"][name].equal(tensor), name
    assert resumed.entries() == straight.entries()
    assert resumed.state["sparse_rl"]["explored"] == straight.state["sparse_rl"]["explored"]
    assert str(resumed.state["callbacks"]["RandomState"]) == str(
        straight.state["callbacks"]["RandomState"]
    )
    alone = fit("--trainer.max_steps=6", path, **env)
    assert alone.norms[0] != straight.norms[3], "dropout is another, as it was not asked for"
    assert {id_: e[2] for id_, e in alone.entries().items()} == {
        id_: e[2] for id_, e in straight.entries().items()
    }
    owners = {processes.owner(id_, 2) for id_ in alone.entries()}
    assert owners == {0, 1}


def test_every_process_has_explorers_for_its_own_questions(fit: Callable[..., Run]) -> None:
    more = ["--async_explore.workers=1", "--warm_start.method=none", "--trainer.max_epochs=3"]
    run = fit(*TWO, *more, "--model.explore_per_visit=0", SKIP_TEST="1")
    explored = {key.partition("\0")[0] for key in run.state["sparse_rl"]["explored"]["keys"]}
    assert {processes.owner(id_, 2) for id_ in explored} == {0, 1}
    assert explored <= set(run.entries())
