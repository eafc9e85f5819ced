"""What `predict` writes beside predictions.jsonl: the datasets' own formats."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sparse_rl.callbacks.predictions import PredictionWriter
from sparse_rl.datamodules.tables.table_datamodule import TableDataModule
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.datamodules.tables.wikitablequestions import WikiTableQuestionsDataModule
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.program import parse_program, run_program
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.tables.typed_answers import item_text
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.tables.predictions import Prediction, prediction


def first_program(example: Example, data: TableDataModule) -> Prediction:
    world = TableWorld(example, data.language)
    state = world.start()
    while not world.is_terminal(state):
        state = world.step(state, world.valid_actions(state)[0])
    return prediction(example, data.language, Trajectory(state.actions, (), 0.0), -1.0)


def written(data: TableDataModule, folder: Path) -> tuple[list[Prediction], list[str]]:
    """Predictions for the test split, and the lines of the submission."""
    found = [first_program(example, data) for example in data.examples("test")]
    trainer: Any = SimpleNamespace(log_dir=str(folder), is_global_zero=True, datamodule=data)
    PredictionWriter().write_on_epoch_end(trainer, None, [found[:10], found[10:]], ())  # type: ignore[arg-type]
    lines = (folder / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == found
    return found, (folder / data.submission_name).read_text(encoding="utf-8").splitlines()


def test_wikitablequestions(small_wtq: Path, cache: Path, tmp_path: Path) -> None:
    data = WikiTableQuestionsDataModule(str(small_wtq), cache=str(cache))
    found, lines = written(data, tmp_path)
    assert (tmp_path / "wikitablequestions_predictions.tsv").is_file()
    assert len(lines) == len(found) == 24
    for example, line, best in zip(data.examples("test"), lines, found, strict=True):
        id_, *items = line.split("\t")
        assert id_ == example.id
        assert items == [item_text(value) for value in best["denotation"]]
        # The file and the reward say the same.
        program = parse_program(best["program"], data.language)
        denotation = run_program(program, example.table, data.language)[-1].value
        assert example.answer is not None and isinstance(denotation, Sequence)
        assert example.answer.accepts(tuple(items)) == example.answer.accepts(denotation)


def test_wikisql(small_wikisql: Path, cache: Path, tmp_path: Path) -> None:
    data = WikiSQLDataModule(str(small_wikisql), cache=str(cache))
    found, lines = written(data, tmp_path)
    records = [json.loads(line) for line in lines]
    assert (tmp_path / "wikisql_predictions.jsonl").is_file()
    assert len(records) == len(found) == 24
    assert all(record.keys() in ({"query"}, {"error"}) for record in records)
    assert any("query" in record for record in records)
    for record in records:
        assert "error" in record or record["query"].keys() == {"sel", "agg", "conds"}
