"""A user's own functions through training, checkpoint, restoring, prediction and asking."""

from __future__ import annotations

import doctest
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
from rich.console import Console

import sparse_rl
from sparse_rl.asking.candidates import AnswerReading
from sparse_rl.asking.plain_view import NO_SQL
from sparse_rl.asking.result import Result
from sparse_rl.asking.terminal_view import show
from sparse_rl.callbacks.predictions import PredictionWriter
from sparse_rl.callbacks.warm_start import WarmStart
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.errors import SparseRLError
from sparse_rl.estimators import Merl
from sparse_rl.exploration.explored import ExactExplored
from sparse_rl.exploration.systematic import SystematicExplorer, systematic_walks, uniform
from sparse_rl.interpreters.tables import registry
from sparse_rl.interpreters.tables.program import parse_program
from sparse_rl.interpreters.tables.registry import language_function
from sparse_rl.interpreters.tables.signature import Answer, Rows
from sparse_rl.interpreters.tables.table import NumberProperty, Table
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.modules.tables.predictions import prediction
from sparse_rl.modules.tables.table_task import TableTask


@language_function
def others(table: Table, rows: Rows) -> Rows:
    """All other rows."""
    return Rows(table.all_rows & ~rows)


@language_function(sql=lambda rows, column: f"SELECT count(DISTINCT {column}) FROM {rows}")
def variety(table: Table, rows: Rows, column: NumberProperty) -> Answer:
    """How many different numbers there are."""
    return (len(set(table.values(rows, column.column))),)


def module(root: Path, cache: Path) -> WikiSQLDataModule:
    data = WikiSQLDataModule(str(root), batch_size=8, limit=16, max_expressions=3, cache=str(cache))
    data.language = data.language.extended(others, variety)
    return data


def trainer(folder: Path) -> pl.Trainer:
    return pl.Trainer(
        default_root_dir=folder,
        max_steps=2,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        limit_val_batches=0,
        callbacks=[WarmStart("exhaustive", workers=1), PredictionWriter()],
    )


@pytest.fixture(scope="module")
def trained(
    small_wikisql: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, PolicyLearner]:
    """A checkpoint after two steps of an estimator that looks at the programs' features."""
    folder = tmp_path_factory.mktemp("run")
    learner = PolicyLearner(TableTask(8, 8), Merl(size=12))
    run = trainer(folder)
    run.fit(learner, datamodule=module(small_wikisql, cache))
    run.save_checkpoint(folder / "best.ckpt")
    return folder / "best.ckpt", learner


def test_training_finds_and_uses_programs_with_them(
    trained: tuple[Path, PolicyLearner], small_wikisql: Path, cache: Path
) -> None:
    _, learner = trained
    data = module(small_wikisql, cache)
    found = learner.memory.replay.programs()
    worlds = {example.id: TableWorld(example, data.language) for example in data.examples("train")}
    used = {
        expression.function
        for id_, programs in found.items()
        for actions in programs
        for expression in worlds[id_].program(actions)
    }
    assert {"others", "variety"} <= used


def test_a_restored_run_predicts_with_them(
    trained: tuple[Path, PolicyLearner], small_wikisql: Path, cache: Path, tmp_path: Path
) -> None:
    path, learner = trained
    data, restored = module(small_wikisql, cache), PolicyLearner(TableTask(), Merl(size=12))
    trainer(tmp_path).predict(restored, datamodule=data, ckpt_path=str(path))
    assert restored.task.state_dict(restored.policy) == learner.task.state_dict(learner.policy)
    lines = (tmp_path / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(data.examples("test"))
    assert all(parse_program(json.loads(line)["program"], data.language) for line in lines)
    submitted = (tmp_path / data.submission_name).read_text(encoding="utf-8").splitlines()
    assert len(submitted) == len(lines)


def test_predictions_have_sql_where_all_functions_say_how(small_wikisql: Path, cache: Path) -> None:
    data = module(small_wikisql, cache)
    example = next(e for e in data.examples("train") if "real" in e.table.types and e.constants)
    world = TableWorld(example, data.language)
    lines = [
        prediction(example, data.language, Trajectory(actions, (), 0.0), -1.0)
        for actions in every_program(world)
    ]
    assert {"( others " in line["program"] for line in lines} == {True, False}
    assert all((line["sql"] is None) == ("( others " in line["program"]) for line in lines)


def every_program(world: TableWorld) -> list[tuple[int, ...]]:
    explorer = SystematicExplorer("q", world, ExactExplored())
    return [walk.actions for walk in systematic_walks(explorer, 500, uniform(random.Random(0)))]


def test_asking_shows_programs_with_and_without_sql(trained: tuple[Path, PolicyLearner]) -> None:
    model = sparse_rl.load(trained[0])
    frame = "Nation,Golds\nPeru,3\nChile,2\nCuba,2\n"
    table = trained[0].parent / "golds.csv"
    table.write_text(frame)
    result = model.ask(table, "how many golds are not in peru ?", programs=200)
    without = [c for c in result.programs if "( others " in c.program]
    own = [c for c in result.programs if "( variety " in c.program and c not in without]
    assert without and own
    assert all(candidate.sql is None for candidate in without)
    assert all("count(DISTINCT" in (candidate.sql or "") for candidate in own)
    assert all(c.sql for c in result.programs if c not in without)
    shown = Result(
        result.question,
        result.table,
        (without[0], own[0]),
        (AnswerReading(without[0], 0.6), AnswerReading(own[0], 0.4)),
    )
    assert NO_SQL in repr(shown) and NO_SQL in shown._repr_html_()
    console = Console(record=True, width=120)
    show(shown, console, explain=True)
    assert NO_SQL in console.export_text()
    assert json.loads(json.dumps(shown.to_dict()))["sql"] is None


def test_the_example_of_the_docs_runs(
    small_wikisql: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[3] / "docs" / "concepts.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    monkeypatch.setattr(registry, "_OWN", {})
    names: Any = {"__name__": "my_package"}
    exec(compile(code, "my_package.py", "exec"), names)
    test = doctest.DocTestFinder().find(names["spread"], "spread", globs=names, module=False)
    assert doctest.DocTestRunner().run(test[0]) == (0, 1)
    data = names["MyQuestions"](str(small_wikisql), cache=str(cache))
    assert data.language.names[-1] == "spread"


def test_a_checkpoint_without_their_module_says_which_are_missing(
    trained: tuple[Path, PolicyLearner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(registry._OWN, "variety")
    with pytest.raises(SparseRLError, match=r"^import the module that declares variety [^\n]*$"):
        sparse_rl.load(trained[0])
