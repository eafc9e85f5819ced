"""A training is resumed with the data of its checkpoint, and with no others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import sparse_rl as sr
from sparse_rl.datamodules.mazes.textworld import TextWorldDataModule
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.errors import CheckpointError, SparseRLError
from sparse_rl.interpreters.toys.tree import TreeWorld
from sparse_rl.modules.tables.table_task import TableTask
from sparse_rl.modules.training_data import check_training_data, training_contents

Change = Callable[[dict[str, Any]], Any]


def module(root: Path, folder: Path) -> WikiSQLDataModule:
    return WikiSQLDataModule(str(root), cache=str(folder / "cache"))


def changed(root: Path, folder: Path, name: str, change: Change) -> WikiSQLDataModule:
    """The data with a change of the first line of a file."""
    copied = folder / "changed"
    shutil.copytree(root, copied)
    first, *rest = (copied / name).read_text().splitlines(keepends=True)
    record = json.loads(first)
    change(record)
    (copied / name).write_text("".join((json.dumps(record) + "\n", *rest)))
    return module(copied, folder)


@pytest.mark.parametrize(
    ("name", "change", "parts"),
    [
        ("train.jsonl", lambda q: q.update(question="how many?"), "questions of train"),
        ("train.jsonl", lambda q: q["sql"].update(conds=[], agg=3), "answers of train"),
        ("dev.tables.jsonl", lambda t: t["rows"].append(t["rows"][0]), "tables of dev"),
    ],
)
def test_what_has_changed_in_the_data_is_named(
    small_wikisql: Path, tmp_path: Path, name: str, change: Change, parts: str
) -> None:
    known = training_contents(module(small_wikisql, tmp_path))
    check_training_data(known, module(small_wikisql, tmp_path), "old.ckpt")
    other = changed(small_wikisql, tmp_path, name, change)
    with pytest.raises(
        CheckpointError, match=r"start a new run, or .*--init_from old\.ckpt"
    ) as told:
        check_training_data(known, other, "old.ckpt")
    assert parts in str(told.value)
    check_training_data({}, other, "older.ckpt")


def test_mazes_are_known_by_their_options_and_own_data_modules_by_nothing() -> None:
    known = training_contents(TextWorldDataModule(train=2, dev=2, seed=0))
    with pytest.raises(CheckpointError, match=r"\(seed of train, number of train, seed of dev\)"):
        check_training_data(known, TextWorldDataModule(train=3, dev=2, seed=1), "old.ckpt")
    assert training_contents(object()) == {}


def worlds(*ids: str) -> sr.WorldTask:
    tree = TreeWorld({(): (0, 1)}, {(1,): 1.0})
    return sr.WorldTask({id_: tree for id_ in ids}, embedding=4, hidden=4)


def fit(folder: Path, task: sr.WorldTask, **options: Any) -> sr.Run:
    return sr.fit(task, sr.Mapo(fresh=1), folder=folder, accelerator="cpu", **options)


def test_a_training_is_resumed_with_its_own_worlds_only(tmp_path: Path) -> None:
    run = fit(tmp_path, worlds("a", "b"), max_epochs=1)
    fit(tmp_path, worlds("a", "b"), max_epochs=2, resume=run.folder)
    with pytest.raises(CheckpointError, match=r"other data than this one \(questions of train"):
        fit(tmp_path, worlds("a", "c"), max_epochs=2, resume=run.folder)
    # Older checkpoints do not know their data.
    last = run.folder / "checkpoints" / "last.ckpt"
    state = torch.load(last, weights_only=True)
    del state["sparse_rl"]["data"]
    torch.save(state, last)
    fit(tmp_path, worlds("a", "c"), max_epochs=2, resume=run.folder)


def test_a_training_is_resumed_with_its_own_language_only(
    small_wikisql: Path, cache: Path, tmp_path: Path
) -> None:
    def train(length: int, **options: Any) -> sr.Run:
        data = WikiSQLDataModule(
            str(small_wikisql), limit=4, max_expressions=length, cache=str(cache)
        )
        task = TableTask(4, 4)
        return sr.fit(task, sr.Mapo(fresh=1), data=data, folder=tmp_path, **options)

    run = train(2, max_epochs=1, accelerator="cpu")
    with pytest.raises(
        SparseRLError, match=r"train with the language of .*max_expressions 2 there, 3 here"
    ):
        train(3, max_epochs=2, accelerator="cpu", resume=run.folder)
