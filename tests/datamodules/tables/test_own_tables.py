"""A user's own tables and questions, as they come."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparse_rl.datamodules.tables.own_tables import OwnTablesDataModule
from sparse_rl.datamodules.tables.own_tables_format import parts_of_splits
from sparse_rl.datamodules.tables.reading import PLAIN
from sparse_rl.datamodules.tables.table_files import TextTable, from_frame, read_table_file
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.dates import Date

CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('\n,;"\t|\\'))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_csv_file_is_read_as_it_was_written(data: st.DataObject) -> None:
    width = data.draw(st.integers(2, 4))
    header = [f"h{column}" for column in range(width)]
    # An empty row is left out.
    row = st.lists(CELLS, min_size=width, max_size=width).filter(
        lambda row: any(map(str.strip, row))
    )
    rows = data.draw(st.lists(row, min_size=1, max_size=5))
    suffix, delimiter = data.draw(st.sampled_from([(".csv", ","), (".csv", ";"), (".tsv", "\t")]))
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"table{suffix}"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows([header, *rows])
        assert read_table_file(path) == TextTable(header, rows)


def test_a_column_with_one_word_is_text() -> None:
    rows = [["1", "1", "n/a"], ["-", "many", "-"]]
    table = PLAIN.read("t", TextTable(["a", "b", "c"], rows)).table
    assert table.types == ("real", "text", "text")


def test_a_data_frame_is_read_as_its_file_would_be() -> None:
    frame = pd.DataFrame(
        {
            "whole": [3, None],
            "day": pd.to_datetime(["2024-03-05", None]),
            "int": pd.array([7, None], dtype="Int64"),
            "text": ["a", None],
        }
    )
    read = from_frame(frame)
    assert read.rows == [["3", "2024-03-05", "7", "a"], ["", "", "", ""]]
    with pytest.raises(DataError, match="give a table with rows"):
        from_frame(frame.head(0))


@given(st.sets(st.text(min_size=1), min_size=3), st.floats(0.01, 0.49), st.floats(0.01, 0.49))
def test_every_table_is_of_one_split_and_none_is_empty(
    names: set[str], dev: float, test: float
) -> None:
    shares = {"train": 1 - dev - test, "dev": dev, "test": test}
    parts = parts_of_splits(list(names), shares, 0)
    assert sorted(name for part in parts.values() for name in part) == sorted(names)
    assert all(parts.values())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(5):
        (tmp_path / f"t{number}.csv").write_text(
            f"Nation;Golds;Day\nPerú;1,2{number}0;5 March 1988\nChile;-3;1990-01-02\n",
            encoding="utf-8",
        )
    records = [
        {"question": "golds of peru?", "table": f"t{n}.csv", "answer": f"12{n}0"} for n in range(5)
    ] + [{"question": "who?", "table": "t1.csv", "answer": ["Chile", "Perú"], "id": 7}]
    text = "".join(json.dumps(record) + "\n" for record in records)
    (tmp_path / "all.jsonl").write_text(text, encoding="utf-8")
    lines = ["question\ttable\tanswer\tid"]
    for record in records:
        answer = record["answer"]
        items = "|".join(answer) if isinstance(answer, list) else str(answer)
        lines.append(f"{record['question']}\t{record['table']}\t{items}\t{record.get('id', '')}")
    (tmp_path / "train.tsv").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("language", ["wikisql", "wtq"])
def test_tsv_and_jsonl_say_the_same(folder: Path, language: str) -> None:
    options = {"language": language, "cache": str(folder / "cache")}
    one = OwnTablesDataModule(str(folder), **options).examples("train")
    other = OwnTablesDataModule(str(folder), train_split="all.jsonl", **options).examples("train")
    assert [e.question for e in one] == [e.question for e in other]
    assert [e.answer for e in one] == [e.answer for e in other]
    assert (one[-1].id, one[0].id, other[0].id) == ("7", "train-2", "all-1")
    assert one[-1].answer is not None and one[-1].answer.accepts(("perú", "chile"))
    assert one[1].answer is not None and one[1].answer.accepts((1210,))
    table = one[0].table
    values = {p.name: table.columns[p.column] for p in table.properties}
    assert values["r.golds-number"] == (1200, -3)
    assert ("r.day-date" in values) == (language == "wtq")
    if language == "wtq":
        assert values["r.day-date"] == (Date(1988, 3, 5), Date(1990, 1, 2))


def test_one_file_is_shared_out_by_table(folder: Path) -> None:
    cache = str(folder / "cache")
    data = OwnTablesDataModule(str(folder), questions="all", cache=cache)
    parts = [data.examples(split) for split in data.splits]
    assert sum(map(len, parts)) == 6
    names = [{example.table.name for example in part} for part in parts]
    assert sum(map(len, names)) == len(set.union(*names)) == 5
    again = OwnTablesDataModule(str(folder), questions="all", cache=cache, seed=5)
    assert [e.id for e in again.examples("dev")] == [e.id for e in parts[1]]
    assert not list(data.problems())


def test_a_changed_table_is_read_anew(folder: Path) -> None:
    def golds() -> tuple[object, ...]:
        data = OwnTablesDataModule(str(folder), "wikisql", cache=str(folder / "cache"))
        return tuple(data.examples("train")[0].table.columns[1])

    before = golds()
    (folder / "t0.csv").write_text("Nation;Golds\nPeru;8\n", encoding="utf-8")
    assert before == (1200, -3) and golds() == (8,)
