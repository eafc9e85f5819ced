"""The generated data is deterministic, in WikiSQL's format, and covers the language."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sparse_rl.datamodules.quickstart import data as quickstart_data
from sparse_rl.datamodules.quickstart.data import SIZES, UNANSWERABLE_SHARE, Size, generate
from sparse_rl.datamodules.quickstart.domains import DOMAINS
from sparse_rl.errors import DataError

AGGREGATES = ("", "MAX", "MIN", "COUNT", "SUM", "AVG")
RELATIONS = ("=", ">", "<")
NUMBER_WORDS = "zero one two three four five six seven eight nine ten eleven twelve"
SMALL = {"train": Size(8, 60), "dev": Size(3, 20), "test": Size(3, 20)}
FILES = [f"{split}{suffix}" for split in SIZES for suffix in (".jsonl", ".tables.jsonl")]
Record = dict[str, Any]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quickstart")
    generate(folder)
    return folder


def _records(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _tables(root: Path, split: str) -> dict[str, Record]:
    return {table["id"]: table for table in _records(root / f"{split}.tables.jsonl")}


def _asked(root: Path) -> list[tuple[Record, Record]]:
    """Every question of every split with its table."""
    return [
        (question, tables[question["table_id"]])
        for split in SIZES
        for tables in [_tables(root, split)]
        for question in _records(root / f"{split}.jsonl")
    ]


def _words(text: object) -> set[str]:
    return set(re.findall(r"\w+", str(text).lower()))


@pytest.fixture(scope="module")
def database(root: Path) -> Iterator[sqlite3.Connection]:
    """All tables under their ids, with the columns c0, c1, …"""
    kinds = {"text": "TEXT COLLATE NOCASE", "real": "NUMERIC"}
    connection = sqlite3.connect(":memory:")
    for split in SIZES:
        for table in _tables(root, split).values():
            columns = ", ".join(f"c{i} {kinds[kind]}" for i, kind in enumerate(table["types"]))
            marks = ", ".join("?" * len(table["types"]))
            connection.execute(f'CREATE TABLE "{table["id"]}" ({columns})')
            connection.executemany(f'INSERT INTO "{table["id"]}" VALUES ({marks})', table["rows"])
    yield connection
    connection.close()


def _execute(
    database: sqlite3.Connection, table: str, select: int, aggregate: str, conditions: list[Any]
) -> list[Any]:
    where = " AND ".join(f"c{column} {RELATIONS[op]} ?" for column, op, _ in conditions)
    rows = database.execute(
        f'SELECT {aggregate}(c{select}) FROM "{table}" WHERE {where or 1} ORDER BY rowid',
        [value for _, _, value in conditions],
    )
    return [value for (value,) in rows]


def _is_said(value: object, question: Record, table: Record) -> bool:
    """Whether the question has the value of a condition, or a word that stands in no other cell."""
    text = question["question"].lower()
    if not isinstance(value, str):
        spelled = NUMBER_WORDS.split()
        numbers = {float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?:\.\d+)?", text)}
        numbers |= {float(spelled.index(word)) for word in _words(text) & set(spelled)}
        return value in numbers
    others = {str(cell) for row in table["rows"] for cell in row} - {value}
    telling = _words(value) - set().union(*map(_words, others))
    return value.lower() in text or bool(telling & _words(text))


def _unanswerable(root: Path, split: str) -> list[tuple[Record, Record]]:
    tables = _tables(root, split)
    return [
        (question, table)
        for question in _records(root / f"{split}.jsonl")
        for table in [tables[question["table_id"]]]
        if not all(_is_said(value, question, table) for _, _, value in question["sql"]["conds"])
    ]


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    generate(one, sizes=SMALL)
    generate(other, sizes=SMALL)
    assert sorted(path.name for path in one.iterdir()) == sorted(FILES)
    for file in FILES:
        assert (one / file).read_bytes() == (other / file).read_bytes()


def test_another_seed_gives_other_data(tmp_path: Path) -> None:
    generate(tmp_path / "0", 0, SMALL)
    generate(tmp_path / "1", 1, SMALL)
    for file in FILES:
        assert (tmp_path / "0" / file).read_bytes() != (tmp_path / "1" / file).read_bytes()


def test_size_of_train_has_no_influence_on_the_others(tmp_path: Path) -> None:
    generate(tmp_path / "a", sizes=SMALL)
    generate(tmp_path / "b", sizes={**SMALL, "train": Size(5, 30)})
    for file in FILES[2:]:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_sizes_are_as_asked_and_questions_spread_evenly(root: Path) -> None:
    for split, size in SIZES.items():
        questions = _records(root / f"{split}.jsonl")
        assert (len(_tables(root, split)), len(questions)) == (size.tables, size.questions)
        per_table = Counter(question["table_id"] for question in questions)
        assert len(per_table) == size.tables
        assert max(per_table.values()) - min(per_table.values()) <= 1
        assert len({(q["table_id"], q["question"]) for q in questions}) == size.questions


def test_splits_share_neither_tables_nor_names(root: Path) -> None:
    ids: list[str] = []
    names: list[str] = []
    for split in SIZES:
        tables = _tables(root, split)
        ids += tables
        # Rows are told apart by a name of their own; it may stand in any column.
        names += {
            cell
            for table in tables.values()
            for row in table["rows"]
            for cell in row
            if isinstance(cell, str) and cell[0].isupper()
        }
    assert len(set(ids)) == len(ids)
    assert len(set(names)) == len(names)


def test_records_have_the_fields_of_the_release(root: Path) -> None:
    for question, table in _asked(root):
        assert set(question) == {"phase", "table_id", "question", "sql"}
        assert set(question["sql"]) == {"sel", "agg", "conds"}
        assert set(table) == {"id", "header", "types", "rows"}
        assert 6 <= len(table["rows"]) <= 16
        for row in table["rows"]:
            kinds = ["text" if isinstance(cell, str) else "real" for cell in row]
            assert kinds == table["types"]
        assert not re.search(r"[{}|]|  ", question["question"]), "a template was left open"


def test_every_gold_query_has_an_answer(root: Path, database: sqlite3.Connection) -> None:
    for question, table in _asked(root):
        sql = question["sql"]
        aggregate = AGGREGATES[sql["agg"]]
        answer = _execute(database, table["id"], sql["sel"], aggregate, sql["conds"])
        assert answer, question
        assert None not in answer, question
        assert aggregate != "COUNT" or answer != [0], question


def test_every_condition_drops_a_row(root: Path, database: sqlite3.Connection) -> None:
    for question, table in _asked(root):
        conditions = question["sql"]["conds"]
        kept = _execute(database, table["id"], 0, "COUNT", conditions)
        for left_out in range(len(conditions)):
            rest = conditions[:left_out] + conditions[left_out + 1 :]
            assert kept < _execute(database, table["id"], 0, "COUNT", rest), question


def test_questions_cover_all_ten_functions_and_domains(root: Path) -> None:
    train = _tables(root, "train")
    functions: Counter[str] = Counter()
    conditions: Counter[int] = Counter()
    for question in _records(root / "train.jsonl"):
        sql, types = question["sql"], train[question["table_id"]]["types"]
        functions[AGGREGATES[sql["agg"]] or "hop"] += 1
        conditions[len(sql["conds"])] += 1
        functions.update(
            "contains" if types[column] == "text" else RELATIONS[op]
            for column, op, _ in sql["conds"]
        )
    assert set(functions) == {"hop", *AGGREGATES[1:], "contains", *RELATIONS}
    assert min(functions.values()) > 100, functions
    assert set(conditions) == {0, 1, 2, 3}
    assert {name.rsplit("-")[-1] for name in train} == {domain.name for domain in DOMAINS}


@pytest.mark.parametrize("split", SIZES)
def test_share_of_unanswerable_questions(root: Path, split: str) -> None:
    found = _unanswerable(root, split)
    assert len(found) == round(UNANSWERABLE_SHARE * SIZES[split].questions)
    for question, table in found:
        # No word of the question stands in the row and no number is there to compare with, so no
        # filter keeps the row; all rows together give more than its one text.
        ((name, _, value),) = question["sql"]["conds"]
        row = next(row for row in table["rows"] if row[name] == value)
        assert not _words(question["question"]) & _words(" ".join(map(str, row)))
        assert not re.search(r"\d", question["question"])
        assert [r[question["sql"]["sel"]] for r in table["rows"]].count(
            row[question["sql"]["sel"]]
        ) == 1


def test_sizes_must_be_positive(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^ask for at least one table"):
        generate(tmp_path, sizes={"train": Size(0, 5)})


def test_more_questions_than_a_table_carries_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quickstart_data, "_ATTEMPTS", 3)
    with pytest.raises(DataError, match=r"^ask for fewer questions per table"):
        generate(tmp_path, sizes={"train": Size(1, 10_000)})
