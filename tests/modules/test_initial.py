"""A new training begins with the weights of a checkpoint, and with nothing else of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import sparse_rl as sr
from sparse_rl.cli import main
from sparse_rl.datamodules.mazes.textworld import TextWorldDataModule
from sparse_rl.datamodules.tables.own_tables import OwnTablesDataModule
from sparse_rl.datamodules.tables.wikitablequestions import WikiTableQuestionsDataModule
from sparse_rl.errors import SparseRLError
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.table_world import ActionTokens
from sparse_rl.interpreters.toys.tree import TreeWorld
from sparse_rl.modules.initial import initial_policy
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.modules.mazes.maze_task import MazeTask
from sparse_rl.modules.tables.table_task import TableTask
from sparse_rl.modules.task import TaskError

WriteCheckpoint = Callable[[Any], Path]


def tree(*leaves: tuple[int, ...]) -> TreeWorld:
    return TreeWorld.from_leaves({leaf: float(leaf[0] > 0) for leaf in leaves})


def test_weights_are_the_checkpoints_and_all_else_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = []

    def keep(learner: PolicyLearner) -> None:
        weights = {name: weight.clone() for name, weight in learner.state_dict().items()}
        optimiser = learner.trainer.optimizers[0].state_dict()["state"]
        starts.append((learner.global_step, optimiser, weights))

    monkeypatch.setattr(PolicyLearner, "on_train_start", keep)

    def fit(ids: str, **options: Any) -> sr.Run:
        task = sr.WorldTask({id_: tree((0,), (1,)) for id_ in ids}, embedding=4, hidden=4)
        return sr.fit(
            task, sr.Mapo(fresh=1), folder=tmp_path, accelerator="cpu", max_epochs=2, **options
        )

    run = fit("ab")
    kept = torch.load(run.checkpoint, weights_only=True)
    again = fit("cd", init_from=run.folder)
    step, optimiser, weights = starts[-1]
    assert step == 0 and optimiser == {}
    assert weights.keys() == kept["state_dict"].keys()
    assert all(weight.equal(kept["state_dict"][name]) for name, weight in weights.items())
    state = torch.load(again.folder / "checkpoints" / "last.ckpt", weights_only=True)
    assert state["global_step"] == 2 and set(state["sparse_rl"]["replay"]["ids"]) <= {"c", "d"}
    assert again.checkpoint.parent == again.folder / "checkpoints" and again.checkpoint.is_file()
    with pytest.raises(SparseRLError, match="leave out init_from or resume"):
        fit("cd", init_from=run.folder, resume=run.folder)


def test_the_vocabulary_is_the_checkpoints_and_the_language_the_datas(
    small_wtq: Path, small_own_tables: Path, cache: Path, checkpoint_of: WriteCheckpoint
) -> None:
    """From WikiTableQuestions, with trigger words, to one's own tables."""
    old = WikiTableQuestionsDataModule(str(small_wtq), limit=4, cache=str(cache))
    new = OwnTablesDataModule(str(small_own_tables), cache=str(cache))
    path = checkpoint_of(old)
    task = TableTask(8, 8, dropout=0.25)
    task.attach(new)
    policy: Any = initial_policy(path, task, new)
    words = torch.load(path, weights_only=True)["sparse_rl"]["words"]
    assert list(policy.vocabulary.words) == words
    assert task.language == new.language != old.language
    assert task.sizes["dropout"] == 0.25
    known, unknown = policy.vocabulary[words[0]], policy.vocabulary["quixotic"]
    assert known == 1 and unknown > len(words)


def test_what_does_not_fit_is_named(checkpoint_of: WriteCheckpoint) -> None:
    mazes = TextWorldDataModule(train=2, dev=2, test=2, seed=0)
    path = checkpoint_of(mazes)
    assert initial_policy(path, MazeTask(dropout=0.0), mazes)
    with pytest.raises(TaskError, match=r"set model\.task\.hidden to 32, .*: here it is 16"):
        initial_policy(path, MazeTask(hidden=16), mazes)


def test_functions_keep_their_vectors_in_another_language(
    small_wtq: Path, small_own_tables: Path, cache: Path, checkpoint_of: WriteCheckpoint
) -> None:
    """From the ten functions of WikiSQL and four expressions to all functions and three."""
    folder, options = str(small_own_tables), {"cache": str(cache), "limit": 4}
    path = checkpoint_of(OwnTablesDataModule(folder, language="wikisql", **options))
    old = torch.load(path, weights_only=True)
    theirs = ActionTokens(Language.from_state_dict(old["sparse_rl"]["language"])).names
    data = OwnTablesDataModule(folder, **options)
    task = TableTask(8, 8)
    task.attach(data)
    policy: Any = initial_policy(path, task, data)
    mine = ActionTokens(task.language).names
    vectors = old["state_dict"]["policy.encoder.language"]
    for number, name in enumerate(mine):
        same = name in theirs and policy.encoder.language[number].equal(vectors[theirs.index(name)])
        assert same == (name in theirs)
    assert {"argmax", "mode"} <= {*mine} - {*theirs} and {"hop", "count", "v0"} <= {*theirs}
    assert task.language == data.language


def test_worlds_need_the_same_actions(tmp_path: Path) -> None:
    task = sr.WorldTask({"a": tree((0,), (1,))}, embedding=4, hidden=4)
    learner = PolicyLearner(task)
    learner.policy = task.build(task.data)
    state = {"task": "sparse_rl.modules.world_task.WorldTask", **task.state_dict(learner.policy)}
    path = tmp_path / "best.ckpt"
    torch.save({"state_dict": learner.state_dict(), "sparse_rl": state}, path)
    other = sr.WorldTask({"a": tree((0,), (1,), (2,))}, embedding=4, hidden=4)
    with pytest.raises(TaskError, match="2 actions, and these worlds have 3"):
        initial_policy(path, other, other.data)
    with pytest.raises(SparseRLError, match=r"set model\.task to WorldTask"):
        initial_policy(path, MazeTask(), None)


def test_the_command_line_names_a_missing_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match=r"give --init_from an existing checkpoint: no file no\."):
        main(["fit", "--config=mml_textworld.yaml", "--init_from=no.ckpt"])
