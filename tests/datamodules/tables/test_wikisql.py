"""The WikiSQL datamodule: caches, splits, batches."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sparse_rl.datamodules.batches import BucketBatchSampler
from sparse_rl.datamodules.quickstart.quickstart import QuickstartDataModule
from sparse_rl.datamodules.tables import wikisql
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule, preprocess
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.example import Example


def content(example: Example) -> tuple[object, ...]:
    table = example.table
    return (
        *(example.id, example.question, example.tokens, example.constants, example.answer),
        *(table.name, table.header, table.types, table.columns, table.properties),
    )


def test_the_cache_gives_what_was_computed(
    small_wikisql: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = [content(e) for e in preprocess(small_wikisql, "train")]
    first = WikiSQLDataModule(str(small_wikisql), cache=str(tmp_path)).examples("train")
    monkeypatch.setattr(wikisql, "preprocess", None)
    cached = WikiSQLDataModule(str(small_wikisql), cache=str(tmp_path)).examples("train")
    assert [content(e) for e in first] == [content(e) for e in cached] == computed
    tables = {id(e.table) for e in cached}
    assert len(tables) == 8, "questions of one table share it"


def test_a_changed_file_is_read_again(small_wikisql: Path, tmp_path: Path) -> None:
    root = tmp_path / "data"
    shutil.copytree(small_wikisql, root)
    data = WikiSQLDataModule(str(root), cache=str(tmp_path / "cache"))
    before, key = len(data.examples("dev")), data.fingerprint("dev")
    lines = (root / "dev.jsonl").read_text().splitlines(keepends=True)
    (root / "dev.jsonl").write_text("".join(lines[:-1]))
    again = WikiSQLDataModule(str(root), cache=str(tmp_path / "cache"))
    assert len(again.examples("dev")) == before - 1
    assert again.fingerprint("dev") != key


def test_only_the_files_of_the_stage_need_to_be_there(small_wikisql: Path, tmp_path: Path) -> None:
    for name in ("test.jsonl", "test.tables.jsonl"):
        shutil.copy(small_wikisql / name, tmp_path / name)
    data = WikiSQLDataModule(str(tmp_path), cache=str(tmp_path / "cache"))
    data.setup("test")
    assert sum(map(len, data.test_dataloader())) == 24
    with pytest.raises(DataError, match=r"put train\.jsonl into"):
        data.setup("fit")


def test_questions_without_sql_can_be_predicted(small_wikisql: Path, tmp_path: Path) -> None:
    shutil.copy(small_wikisql / "test.tables.jsonl", tmp_path)
    records = map(json.loads, (small_wikisql / "test.jsonl").read_text().splitlines())
    lines = [json.dumps({k: v for k, v in r.items() if k != "sql"}) + "\n" for r in records]
    (tmp_path / "test.jsonl").write_text("".join(lines))
    data = WikiSQLDataModule(str(tmp_path), cache=str(tmp_path / "cache"))
    assert {example.answer for example in data.examples("test")} == {None}


def test_unread_numbers_are_reported(small_wikisql: Path, tmp_path: Path) -> None:
    table = {"id": "t", "header": ["a"], "types": ["real"], "rows": [["n/a"], [3]]}
    (tmp_path / "test.tables.jsonl").write_text(json.dumps(table))
    (tmp_path / "test.jsonl").write_text(json.dumps({"question": "what?", "table_id": "t"}))
    for _ in ("computed", "cached"):
        data = WikiSQLDataModule(str(tmp_path), cache=str(tmp_path / "cache"))
        with pytest.warns(UserWarning, match="test: 1 cells of number columns"):
            data.examples("test")


def test_quickstart_generates_once(tmp_path: Path) -> None:
    data = QuickstartDataModule(cache=str(tmp_path), seed=3)
    data.prepare_data()
    stamp = (data.root / "train.jsonl").stat().st_mtime_ns
    data.prepare_data()
    assert (data.root / "train.jsonl").stat().st_mtime_ns == stamp
    assert len(data.examples("dev")) == 300


def test_more_training_questions_leave_dev_as_it_is(tmp_path: Path) -> None:
    usual, few = (
        QuickstartDataModule(cache=str(tmp_path), seed=3, **options)
        for options in ({}, {"questions": 40})
    )
    for data in (usual, few):
        data.prepare_data()
    assert len(few.examples("train")) == 40 and few.root != usual.root
    assert len({example.table.name for example in few.examples("train")}) == 2
    for name in ("dev.jsonl", "test.tables.jsonl"):
        assert (few.root / name).read_bytes() == (usual.root / name).read_bytes()


def test_batches_are_even_shuffled_and_repeatable() -> None:
    lengths = [n % 17 for n in range(6003)]
    sampler = BucketBatchSampler(lengths, 60, seed=1)
    first = list(sampler)
    assert sorted(i for batch in first for i in batch) == list(range(6003))
    assert len(first) == len(sampler) == 101
    assert list(BucketBatchSampler(lengths, 60, seed=1)) == first
    sampler.set_epoch(1)
    assert list(sampler) != first
    spread = [max(lengths[i] for i in b) - min(lengths[i] for i in b) for b in first]
    assert sum(spread) / len(spread) < 5
