"""Two processes do what one does, and resume what any number of them has done."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sparse_rl.datamodules.shares import Shares
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule

TWO = ["--trainer.strategy=ddp", "--trainer.devices=2"]
THREE = ["--trainer.strategy=ddp", "--trainer.devices=3"]
NO_TEST = {"SKIP_TEST": "1"}
Fit = Callable[..., Any]
Owner = Callable[[str, int], int]

pytestmark = pytest.mark.slow


@pytest.fixture
def owner(small_wikisql: Path, cache: Path) -> Owner:
    """The rank that owns a question of the runs, of so many processes."""
    data = WikiSQLDataModule(str(small_wikisql), cache=str(cache))
    return Shares([example.id for example in data.examples("train")]).owner


@pytest.mark.parametrize(
    "more",
    [
        (),
        # Ranks over the whole batch need the other processes' samples, and few steps show it.
        ("--model.estimator.reading=guided", "--model.estimator.ranking=batch"),
        ("--model.estimator.reading=guided", "--model.estimator.ranking=example"),
    ],
    ids=["credit", "guided-batch", "guided-example"],
)
def test_two_processes_do_what_one_does(fit: Fit, more: tuple[str, ...]) -> None:
    """Losses, gradients, memory, prior and accuracies; up to the order of float summation."""
    one, two = (fit("--trainer.max_epochs=1", *more, *devices) for devices in ([], TWO))
    assert two.logged("train/loss") == pytest.approx(one.logged("train/loss"), rel=1e-3)
    norms = [run.logged("train/gradient_norm") for run in (one, two)]
    assert len(norms[0]) == 10
    assert norms[1] == pytest.approx(norms[0], rel=1e-2)
    assert norms[1][0] == pytest.approx(norms[0][0], rel=1e-5)
    assert two.entries() == one.entries()
    for name in ("memory/b", "memory/c", "memory/explored", "memory/coverage"):
        assert two.logged(name) == pytest.approx(one.logged(name), rel=1e-6)
    assert one.explored() == two.explored() != set()
    priors = [run.state["sparse_rl"]["prior"] for run in (one, two)]
    assert priors[0]["templates"] == priors[1]["templates"]
    torch.testing.assert_close(priors[0]["count"], priors[1]["count"], rtol=1e-2, atol=1e-6)
    tests = [json.loads((run.folder / "test_metrics.json").read_text()) for run in (one, two)]
    assert tests[0]["answerable"] == tests[1]["answerable"]
    assert tests[0]["accuracy"] == pytest.approx(tests[1]["accuracy"], abs=1 / 24)


def test_two_processes_resume_exactly(fit: Fit) -> None:
    more = [*TWO, "--model.task.dropout=0.1"]
    straight = fit(*more, "--trainer.max_steps=6", **NO_TEST)
    stopped = fit(*more, "--trainer.max_steps=3", **NO_TEST)
    resumed = fit(*more, "--trainer.max_steps=6", f"--ckpt_path={stopped.last}", **NO_TEST)
    assert_resumed(resumed, straight, 3)


def assert_resumed(resumed: Any, straight: Any, stopped_at: int) -> None:
    """That a resumed run ends as the straight one, and that its steps were the same."""
    for name in ("train/loss", "train/gradient_norm"):
        assert resumed.logged(name) == straight.logged(name)[stopped_at:]
    for name, tensor in straight.state["state_dict"].items():
        assert resumed.state["state_dict"][name].equal(tensor), name
    assert resumed.entries() == straight.entries()
    assert resumed.explored() == straight.explored()
    assert str(resumed.state["callbacks"]["RandomState"]) == str(
        straight.state["callbacks"]["RandomState"]
    )


def test_one_and_three_processes_take_over_from_two(fit: Fit, owner: Owner) -> None:
    """All that two have in memory is there, and each goes on with the same next step."""
    two = fit(*TWO, "--trainer.max_steps=3", **NO_TEST)
    before, keys = two.entries(), two.explored()
    assert {owner(id_, 2) for id_ in before} == {0, 1}
    taken_over = []
    for devices in ([], THREE):
        run = fit(*devices, "--trainer.max_steps=4", f"--ckpt_path={two.last}", **NO_TEST)
        after = run.entries()
        visited = {id_ for id_, entry in after.items() if entry != before.get(id_)}
        assert len(visited) == 8, "one step of eight questions, and nothing else, is new"
        for id_ in visited & before.keys():
            assert set(before[id_][0]) <= set(after[id_][0])
            assert after[id_][2] == before[id_][2] + 1
        assert before.keys() <= after.keys()
        new = run.explored() - keys
        assert keys < run.explored()
        assert {key.partition("\0")[0] for key in new} <= visited
        weights = two.state["state_dict"].items()
        assert any(not run.state["state_dict"][name].equal(old) for name, old in weights)
        taken_over.append(run)
    alone, three = taken_over
    assert alone.entries() == three.entries()
    assert three.logged("train/loss") == pytest.approx(alone.logged("train/loss"), rel=1e-4)
