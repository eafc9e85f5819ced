"""One rule names checkpoints and runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.errors import CheckpointError
from sparse_rl.natural_order import natural_key
from sparse_rl.run_names import find_checkpoint, find_run


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three runs; of a, version_10 is the newest, and b's run has no best checkpoint."""
    monkeypatch.chdir(tmp_path)
    written = ["a/version_2/best", "b/version_0/last", "a/version_10/best", "a/version_10/last"]
    for time, name in enumerate(written, 1):
        run, _, stem = name.rpartition("/")
        folder = Path("runs", run, "checkpoints")
        folder.mkdir(parents=True, exist_ok=True)
        for file in (folder / f"{stem}.ckpt", folder.parent / "config.yaml"):
            file.touch()
            os.utime(file, (time, time))
    return Path("runs")


@pytest.mark.parametrize(
    ("name", "checkpoint", "run"),
    [
        ("runs/a/version_2/checkpoints/best.ckpt", "best", "a/version_2"),
        ("runs/a/version_2", "best", "a/version_2"),
        ("runs/a", "best", "a/version_10"),
        ("best", "best", "a/version_10"),
        ("last", "last", "a/version_10"),
    ],
)
def test_names(runs: Path, name: str, checkpoint: str, run: str) -> None:
    assert find_run(name) == runs / run
    assert find_checkpoint(name) == runs / run / "checkpoints" / f"{checkpoint}.ckpt"


def test_best_and_last_may_be_those_of_one_config(runs: Path) -> None:
    assert find_checkpoint("last", runs=runs / "b") == runs / "b/version_0/checkpoints/last.ckpt"
    with pytest.raises(CheckpointError, match=r"train first, .*no best\.ckpt in runs/b"):
        find_checkpoint("best", runs=runs / "b")


def test_runs_of_the_same_second_are_told_apart_by_their_number(runs: Path) -> None:
    for file in runs.rglob("*"):
        os.utime(file, (5, 5))
    assert find_checkpoint("runs/a") == runs / "a/version_10/checkpoints/best.ckpt"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("no.ckpt", "give --ckpt_path an existing checkpoint: no file no.ckpt"),
        ("runs/b", "give --ckpt_path a checkpoint or a run's folder"),
    ],
)
def test_what_is_not_there_is_named(runs: Path, name: str, says: str) -> None:
    with pytest.raises(CheckpointError, match=says):
        find_checkpoint(name)


@given(st.lists(st.integers(0, 10**30)))
def test_numbers_in_names_are_in_their_order(numbers: list[int]) -> None:
    names = [f"q{number}.csv" for number in numbers]
    assert sorted(names, key=natural_key) == [f"q{number}.csv" for number in sorted(numbers)]


@given(st.lists(st.text("ab01²٣", max_size=4)))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    assert sorted(sorted(names, key=natural_key), key=natural_key) == sorted(names, key=natural_key)
