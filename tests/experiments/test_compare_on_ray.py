"""Comparisons on Ray have the records of local ones, also where a machine is lost."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import compare
from comparing import on_ray
from comparing.jobs import Job
from comparing.records import MACHINE, Record, make_record, read_records
from sparse_rl.ray_tasks import RayTasks


class Trainings:
    """Trainings of four epochs, of which each call does some; without the package's own.

    Args:
        epochs: epochs that every call gets done before its worker is lost.
    """

    def __init__(self, *epochs: int) -> None:
        self.epochs = list(epochs)
        self.begun: list[int] = []

    def fit(self, arguments: Sequence[str], threads: int) -> None:
        options = dict(word.lstrip("-").split("=") for word in arguments if "=" in word)
        logger = "trainer.logger."
        names = (options[f"{logger}{part}"] for part in ("save_dir", "name", "version"))
        checkpoints = Path(*names) / "checkpoints"
        checkpoints.mkdir(parents=True)
        begin = int(Path(options["ckpt_path"]).read_text()) if "ckpt_path" in options else 0
        self.begun.append(begin)
        end = begin + self.epochs.pop(0)
        rows = ["step,seconds/training,val/greedy_accuracy,programs/executed"]
        # The validation of one more epoch, whose checkpoint was not written any more.
        for epoch in range(begin, min(end + 1, 4)):
            rows.append(f"{10 * epoch + 9},{epoch + 1},0.{epoch + 1},{100 * (epoch + 1)}")
        (checkpoints / "best.ckpt").write_text(str(end))
        if end > begin:
            (checkpoints / "last.ckpt").write_text(str(end))
        if end == 4:
            rows.append("40,,0.4,")
            config = {"best_checkpoint": {"monitor": "val/greedy_accuracy"}}
            test = {"dev": {"val/greedy_accuracy": 0.4}, "greedy_accuracy": 0.3, "accuracy": 0.35}
            (checkpoints.parent / "test_metrics.json").write_text(
                json.dumps({**test, "config": config})
            )
        (checkpoints.parent / "metrics.csv").write_text("\n".join(rows))
        if end < 4:
            raise RuntimeError("lost")


def job(folder: Path, digest: str = "abc") -> Job:
    places = {"save_dir": folder, "name": "iml", "version": "seed_1"}
    arguments = tuple(f"--trainer.logger.{part}={value}" for part, value in places.items())
    return Job("IML", "", 1, folder / "iml" / "seed_1", arguments, digest, None)


def train(one: Job, monkeypatch: pytest.MonkeyPatch, *epochs: int) -> list[int]:
    """Trains until the end; returns the epochs at which the calls began."""
    trainings = Trainings(*epochs)
    monkeypatch.setattr(on_ray, "fit", trainings.fit)
    for _ in epochs[:-1]:
        with pytest.raises(RuntimeError, match="lost"):
            on_ray.train_on(one, 1)
    on_ray.train_on(one, 1)
    return trainings.begun


@pytest.mark.parametrize(
    ("epochs", "begun"),
    [((1, 3), [0, 1]), ((1, 2, 1), [0, 1, 3]), ((0, 2, 0, 2), [0, 0, 2, 2]), ((0, 4), [0, 0])],
)
def test_a_lost_run_goes_on_and_has_the_record_of_one_that_was_not(
    epochs: tuple[int, ...], begun: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, lost = job(tmp_path / "whole"), job(tmp_path / "lost")
    assert train(whole, monkeypatch, 4) == [0]
    assert train(lost, monkeypatch, *epochs) == begun
    assert make_record(lost, None) == make_record(whole, None)
    assert [point.steps for point in make_record(lost, None).curve] == [10, 20, 30, 40]
    for name in ("best", "last"):
        assert (lost.folder / "checkpoints" / f"{name}.ckpt").read_text() == "4"
    assert lost.has_checkpoints
    assert list(lost.folder.parent.iterdir()) == [lost.folder]


def test_a_worker_lost_after_the_end_has_nothing_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = job(tmp_path)
    train(one, monkeypatch, 4)
    on_ray.train_on(one, 1)  # There are no further epochs.


def test_a_worker_lost_while_its_parts_are_joined_joins_them_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, lost = job(tmp_path / "whole"), job(tmp_path / "lost")
    train(whole, monkeypatch, 4)

    def fail(_: Job) -> None:
        raise RuntimeError("lost")

    with monkeypatch.context() as patch:
        patch.setattr(on_ray, "finish", fail)
        patch.setattr(on_ray, "fit", Trainings(2, 2).fit)
        for _ in range(2):
            with pytest.raises(RuntimeError, match="lost"):
                on_ray.train_on(lost, 1)
    train(lost, monkeypatch, 0)
    assert make_record(lost, None) == make_record(whole, None)


def test_a_run_of_other_options_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_ray, "fit", Trainings(2).fit)
    with pytest.raises(RuntimeError, match="lost"):
        on_ray.train_on(job(tmp_path, "other"), 1)
    assert train(job(tmp_path), monkeypatch, 4) == [0]


def test_the_machine_of_a_record_is_the_one_that_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = job(tmp_path)
    train(one, monkeypatch, 4)
    (one.folder / MACHINE).write_text("arm64, Linux, 72 cores")
    assert make_record(one, None).machine == "arm64, Linux, 72 cores"


def test_local_runs_have_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["compare.py", "x.yaml", "--address=auto"])
    with pytest.raises(SystemExit, match="error: set engine to ray, or leave address out"):
        compare.main()


def timeless(record: Record) -> Record:
    return replace(record, curve=[point._replace(seconds=0.0) for point in record.curve])


@pytest.mark.slow
@pytest.mark.parametrize("shared", [True, False])
def test_a_killed_machine_changes_no_record_and_adds_none(
    shared: bool,
    losing_cluster: str,
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of two machines, one is killed when both are in the second epoch of a training."""
    options = {"trainer.max_epochs": 2, "trainer.limit_train_batches": 1, "data.limit": 16}
    options |= {"trainer.accelerator": "cpu", "model.task.hidden": 8, "show": 0}
    options |= {"trainer.callbacks": [{"class_path": "waiting.Waiting"}]}
    first = {"config": "gaca_quickstart.yaml"}
    after = {"warm_start.method": "file", "warm_start.path": "{after}/checkpoints/last.ckpt"}
    plan = {
        "title": "Two machines",
        "seeds": [0, 1],
        "options": options | {"warm_start.workers": 1},
        "methods": {"first": first, "second": {**first, "after": "first", "options": after}},
    }
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(plan))
    if not shared:
        start = RayTasks.start
        nowhere = tmp_path / "nowhere"
        monkeypatch.setattr(RayTasks, "start", lambda self, *a: start(self, *a[:-1], nowhere))

    def run(engine: str, *more: str) -> list[Record]:
        """Relative places: a worker is in the command's folder."""
        places = [f"--out={engine}/runs", f"--results={engine}/docs/results"]
        argv = ["compare.py", str(path), *places, f"--engine={engine}", *more]
        monkeypatch.setattr(sys, "argv", [*argv, "--", f"--data.cache={cache}"])
        compare.main()
        return read_records(Path(engine, "docs", "results", "data", "tiny.jsonl"))

    on_cluster = run("ray", f"--address={losing_cluster}", "--jobs=2")
    here = run("local")
    assert len(on_cluster) == 4
    by_run = {(record.method, record.seed): timeless(record) for record in on_cluster}
    assert by_run == {(record.method, record.seed): timeless(record) for record in here}
    logs = [log.read_text() for log in Path("ray").rglob("*.log")]
    assert len(logs) == 4
    assert sum("part_1, from ray/runs/" in log for log in logs) == int(shared)
    assert not [*Path("ray").rglob("*.part_*"), *Path("ray").rglob("*.here")]
