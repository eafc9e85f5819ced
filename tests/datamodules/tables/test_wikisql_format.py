"""WikiSQL's release format: what is read, what is refused, and the gold answers."""

from __future__ import annotations

import json
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from sparse_rl.datamodules.tables.wikisql_format import (
    AGGREGATES,
    RELATIONS,
    WikiSQLQuery,
    execute,
    read_questions,
    read_tables,
)
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.answers import same_answer
from sparse_rl.interpreters.tables.signature import Answer
from sparse_rl.interpreters.tables.table import Cell, Table

TABLE = {
    "id": "1-1",
    "header": ["Nation ", "Golds\r"],
    "types": ["text", "real"],
    "rows": [["Peru", 2], ["", "1,200"]],
}
QUESTION = {
    "question": "how many golds for Peru?",
    "table_id": "1-1",
    "sql": {"sel": 1, "agg": 0, "conds": [[0, 0, "peru"]]},
}
ABSENT = object()


def changed(record: dict[str, Any], path: str, value: object) -> str:
    """The record as a line, with one field (or one of its parts) replaced or left out."""
    copy: Any = json.loads(json.dumps(record))
    *parents, last = path.split(".")
    place = copy
    for part in parents:
        place = place[part]
    if value is ABSENT:
        del place[last]
    else:
        place[last] = value
    return json.dumps(copy)


def write(folder: Path, name: str, *lines: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(b"\n".join(s.encode() if isinstance(s, str) else s for s in lines))
    return path


def test_reading(tmp_path: Path) -> None:
    tables = read_tables(write(tmp_path, "dev.tables.jsonl", json.dumps(TABLE), ""))
    (table,) = tables.values()
    assert (table.header, table.columns) == (("Nation", "Golds"), (("peru", None), (2, 1200.0)))
    unanswered = changed(QUESTION, "sql", ABSENT)
    path = write(tmp_path, "dev.jsonl", json.dumps(QUESTION), "", unanswered)
    first, second = read_questions(path, "dev", tables)
    assert (first.id, first.text, first.table_id) == ("dev-1", QUESTION["question"], "1-1")
    assert first.query == WikiSQLQuery(1, 0, ((0, 0, "peru"),))
    assert (second.id, second.query) == ("dev-3", None)
    assert first.query and execute(first.query, table) == (2,)


@pytest.mark.parametrize("reader", [read_tables, lambda path: read_questions(path, "dev", {})])
def test_a_missing_file_is_named(reader: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"put dev\.jsonl into .*no file .*dev\.jsonl"):
        reader(tmp_path / "dev.jsonl")


@pytest.mark.parametrize(
    "line", ['{"id": ', "version https://git-lfs", b"\xff\xfe{}", "[" * 100_000, "NaNa"]
)
def test_a_broken_line_is_named(line: str | bytes, tmp_path: Path) -> None:
    path = write(tmp_path, "dev.tables.jsonl", json.dumps(TABLE), line)
    with pytest.raises(DataError, match=r"fix or delete this line.*dev\.tables\.jsonl, line 2\)"):
        read_tables(path)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("id", ABSENT, "add the field.*'id'"),
        ("rows", ABSENT, "add the field.*'rows'"),
        ("id", ["1-1"], "write id as a str"),
        ("id", 7, "write id as a str"),
        ("header", "ab", "write header as a list"),
        ("header", ["a"], "give one type per column"),
        ("header", ["a", 5], "write header, types and rows"),
        ("types", None, "write types as a list"),
        ("types", ["text", "date"], "use the column types text and real"),
        ("types", [["text"], "real"], "write header, types and rows"),
        ("rows", {"0": 1}, "write rows as a list"),
        ("rows", [["Peru", 2], ["Chile"]], "fix row 2 of table 1-1"),
        ("rows", [["Peru", 2], "ab"], "write every row as a list"),
        ("rows", [["Peru", [2]]], "text or a number in row 1"),
        ("rows", [[{"a": 1}, 2]], "text or a number in row 1"),
    ],
)
def test_malformed_tables(path: str, value: object, said: str, tmp_path: Path) -> None:
    other = changed(TABLE, "id", "1-0")
    file = write(tmp_path, "dev.tables.jsonl", other, changed(TABLE, path, value))
    with pytest.raises(DataError, match=rf"{said}.*dev\.tables\.jsonl, line 2") as caught:
        read_tables(file)
    if path != "id":
        assert value is ABSENT or "1-1" in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("question", ABSENT, "add the field.*'question'"),
        ("question", None, "write question as a str"),
        ("question", "", "write the question: '' has no word"),
        ("question", "\u0301\u0302", r"write the question: '\\u0301\\u0302' has no word"),
        ("table_id", ABSENT, "add the field.*'table_id'"),
        ("table_id", {"a": 1}, "write table_id as a str"),
        ("table_id", "1-2", r"add the table of this question to dev\.tables\.jsonl"),
        ("sql", None, "write sql as"),
        ("sql", [], "write sql as"),
        ("sql.sel", ABSENT, "write sql as.*KeyError.*sel"),
        ("sql.sel", "1", "write sql as"),
        ("sql.sel", True, "write sql as"),
        ("sql.sel", 1.5, "write sql as"),
        ("sql.sel", 2, "no column 2, there are 2"),
        ("sql.sel", -1, "no column -1"),
        ("sql.agg", 6, "no aggregate 6, there are 6"),
        ("sql.conds", [[2, 0, "x"]], "no column 2"),
        ("sql.conds", [[0, 3, "x"]], "no relation 3, there are 3"),
        ("sql.conds", [[0, 0]], "write sql as"),
        ("sql.conds", [[0, 0, None]], "write sql as.*None is neither text nor a number"),
        ("sql.conds", [[0, 0, ["x"]]], "write sql as"),
        ("sql.conds", {"column": 0}, "write sql as"),
        ("sql.conds", 5, "write sql as"),
    ],
)
def test_malformed_questions(path: str, value: object, said: str, tmp_path: Path) -> None:
    tables = read_tables(write(tmp_path, "dev.tables.jsonl", json.dumps(TABLE)))
    file = write(tmp_path, "dev.jsonl", json.dumps(QUESTION), changed(QUESTION, path, value))
    with pytest.raises(DataError, match=rf"{said}.*dev\.jsonl, line 2") as caught:
        read_questions(file, "dev", tables)
    assert path == "table_id" or value is ABSENT or "1-1" in str(caught.value)


def test_half_a_character_is_named(tmp_path: Path) -> None:
    file = write(tmp_path, "dev.jsonl", changed(QUESTION, "question", "who \ud800?"))
    with pytest.raises(DataError, match=r"both halves of the character '\\ud800'.*line 1"):
        read_questions(file, "dev", {})


CELLS = {
    "text": ("peru", "Chile", "10 km", "7", "-3.5e1x", ".5", "", "zz"),
    "real": (1, 2, 2.5, -4, ""),
}
VALUES = {"text": ("PERU ", "chile", "7", "b", "10 km"), "real": (2, 2.5, -4, "1", "about 2.5")}


def random_case(rng: random.Random) -> tuple[WikiSQLQuery, Table]:
    types = [rng.choice(("text", "real")) for _ in range(3)]
    rows = [[rng.choice(CELLS[t]) for t in types] for _ in range(rng.randint(0, 6))]
    columns = [rng.randrange(3) for _ in range(rng.randint(0, 2))]
    conditions = tuple((c, rng.randrange(3), rng.choice(VALUES[types[c]])) for c in columns)
    query = WikiSQLQuery(rng.randrange(3), rng.randrange(len(AGGREGATES)), conditions)
    return query, Table("t", ["a", "b", "c"], types, rows)


def by_sqlite(query: WikiSQLQuery, table: Table) -> Answer:
    """The release's own way: typed columns, lower-case text, numbers picked out of text."""
    connection = sqlite3.connect(":memory:")
    columns = ", ".join(f"col{i} {type_}" for i, type_ in enumerate(table.types))
    connection.execute(f"CREATE TABLE t ({columns})")
    rows = [[column[i] for column in table.columns] for i in range(table.size)]
    connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    tests, values = ["1"], []
    for column, relation, value in query.conditions:
        tests.append(f"col{column} {RELATIONS[relation]} ?")
        values.append(_bound(value, table.types[column]))
    aggregate, where = AGGREGATES[query.aggregate], " AND ".join(tests)
    sql = f"SELECT {aggregate}(col{query.select}) FROM t WHERE {where} ORDER BY rowid"
    found = tuple(row[0] for row in connection.execute(sql, values) if row[0] is not None)
    connection.close()
    return found


def _bound(value: Cell, type_: str) -> Cell:
    if type_ == "text":
        return str(value).strip().lower()
    return float(value.split()[-1]) if isinstance(value, str) else value


def test_gold_answers_are_those_of_sqlite() -> None:
    for seed in range(1500):
        query, table = random_case(random.Random(seed))
        mine, theirs = execute(query, table), by_sqlite(query, table)
        assert same_answer(theirs, mine), (seed, query, table.columns, mine, theirs)


def test_conditions_without_a_number_never_hold_in_a_column_of_numbers() -> None:
    table = Table("t", ["x"], ["real"], [[1], [2]])
    assert execute(WikiSQLQuery(0, 0, ((0, 1, "none"),)), table) == ()


def test_gold_answers_are_those_of_the_release(data_root: Path) -> None:
    folder = data_root / "wikisql"
    tables = read_tables(folder / "dev.tables.jsonl")
    questions = read_questions(folder / "dev.jsonl", "dev", tables)
    wrong = []
    with (folder / "dev.jsonl").open(encoding="utf-8") as lines:
        for question, line in zip(questions, lines, strict=True):
            assert question.query is not None
            found = execute(question.query, tables[question.table_id])
            answer = json.loads(line)["answer"]
            gold = tuple(v.strip().lower() if isinstance(v, str) else v for v in answer)
            if not same_answer(gold, found):
                wrong.append(f"{question.id}: {found} for {gold} by {question.query}")
    print("\n".join(wrong))
    assert len(wrong) <= 0.002 * len(questions), "\n".join(wrong)
