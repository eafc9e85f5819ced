"""The folder of tables, questions and answers."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparse_rl.annotation.readers.column_options import ColumnOptions
from sparse_rl.app.records import AskedQuestion, QuestionFolder
from sparse_rl.app.table_names import safe_name, shown_name, stored_name
from sparse_rl.datamodules.tables.own_tables_format import OwnQuestion, read_questions
from sparse_rl.datamodules.tables.table_options import TableOptions
from sparse_rl.errors import DataError

CSV = b"River,Country\nNile,Egypt\n"
ALL = TableOptions()


@pytest.fixture
def folder(tmp_path: Path) -> QuestionFolder:
    return QuestionFolder(tmp_path / "asked")


def test_questions_are_kept_in_the_format_of_own_tables(folder: QuestionFolder) -> None:
    table = folder.keep_table("rivers.csv", CSV, ALL)
    folder.keep(AskedQuestion("where is the nile?", table))
    folder.keep(AskedQuestion("how many rivers?", table, (1,)))
    folder.keep(AskedQuestion("which rivers?", table, ("Nile", "Rhône")))
    found = list(read_questions(folder.root, folder.questions))
    assert [(q.text, q.table, q.answer) for q in found if isinstance(q, OwnQuestion)] == [
        ("where is the nile?", table, None),
        ("how many rivers?", table, (1,)),
        ("which rivers?", table, ("Nile", "Rhône")),
    ]
    assert folder.asked() == folder.asked(table) and len(folder.asked()) == 3
    assert folder.asked("tables/other.csv") == []


def test_a_corrected_answer_replaces_the_earlier_one_and_asking_again_does_not(
    folder: QuestionFolder,
) -> None:
    for answer in (None, ("Egypt",), None, ("Sudan",)):
        folder.keep(AskedQuestion("Where is the  Nile?", "t.csv", answer))
        folder.keep(AskedQuestion("where is the nile?", "other.csv"))
    assert folder.asked("t.csv") == [AskedQuestion("Where is the  Nile?", "t.csv", ("Sudan",))]
    assert folder.find_answer("where is the nile?", "t.csv") == ("Sudan",)
    assert folder.find_answer("where is the nile?", "other.csv") is None
    assert folder.find_answer("never asked", "t.csv") is None


def test_lines_and_fields_of_others_stay(folder: QuestionFolder) -> None:
    lines = [
        '{"id": "7", "question": "how long?", "table": "a.csv", "program": "( count ) <END>"}',
        "no JSON at all",
        '["a list"]',
        '{"question": 3, "table": "a.csv"}',
    ]
    folder.questions.write_text("\n".join(lines))
    folder.keep(AskedQuestion("HOW long?", "a.csv", (5.5,)))
    first, *others = folder.questions.read_text().splitlines()
    assert others == lines[1:]
    assert json.loads(first) == {**json.loads(lines[0]), "answer": 5.5}


def test_the_same_content_is_stored_once(folder: QuestionFolder) -> None:
    first = folder.keep_table("rivers.csv", CSV, ALL)
    assert folder.keep_table("again/Copy of rivers.csv", CSV, ALL) == first
    # Read by other rules, so another table.
    other = folder.keep_table("rivers.tsv", CSV, ALL)
    changed = folder.keep_table("rivers.csv", CSV + b"Rhine,Germany\n", ALL)
    assert folder.tables() == sorted({first, other, changed})
    assert folder.find_table("x.csv", CSV) == first and folder.find_table("x.csv", b"a") is None
    assert (folder.root / first).read_bytes() == CSV
    assert shown_name(first) == "rivers.csv"


def test_choices_for_reading_are_kept_beside_the_table(folder: QuestionFolder) -> None:
    chosen = TableOptions(header=2, columns={"Preis: €": ColumnOptions("number", ",")})
    table = folder.keep_table("rivers.csv", CSV, chosen)
    assert folder.options(table) == chosen
    assert (folder.root / f"{table}.yaml").is_file() and folder.tables() == [table]
    folder.keep_table("rivers.csv", CSV, ALL)
    assert folder.options(table) == ALL and not (folder.root / f"{table}.yaml").exists()


def test_people_who_write_at_once_lose_nothing(folder: QuestionFolder) -> None:
    def write(person: int) -> None:
        # Each with a folder object of its own, as in processes of their own.
        mine = QuestionFolder(folder.root)
        for number in range(10):
            mine.keep(AskedQuestion(f"{person} asks {number}", "t.csv"))
            mine.keep(AskedQuestion(f"{person} asks {number}", "t.csv", (number,)))
            mine.keep_table(f"{person}.csv", b"A\n%d\n" % number, ALL)

    with ThreadPoolExecutor(4) as people:
        list(people.map(write, range(4)))
    assert len(folder.asked()) == 40
    assert all(one.answer == (int(one.question[-1]),) for one in folder.asked())
    assert len(folder.tables()) == 10
    assert not list(folder.root.rglob("*.partial"))


def test_another_file_of_questions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "questions.tsv").write_text("question\ttable\n")
    with pytest.raises(DataError, match=r"^save .*questions\.tsv as questions\.jsonl"):
        QuestionFolder(tmp_path)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("rivers.csv", "rivers.csv"),
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\data\\Flüsse 2021.XLSX", "Flüsse_2021.xlsx"),
        ("...csv", "table.csv"),
        ("a.b.csv.gz", "a_b.csv.gz"),
        ("-rf.csv", "rf.csv"),
        ("*?[x]\0\n.parquet", "x.parquet"),
        ("表.ods", "表.ods"),
        (f"{'0' * 59}:0.csv", f"{'0' * 59}.csv"),
    ],
)
def test_names(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize("name", ["", "csv", "rivers.txt", "rivers.csv.yaml", "a.csv/..", ".."])
def test_names_that_are_no_table(name: str) -> None:
    with pytest.raises(DataError, match=r"^save the table as \.csv"):
        safe_name(name)


@settings(max_examples=30)
@given(st.text(), st.sampled_from([".csv", ".TSV", ".xlsx", ".csv.gz"]), st.binary())
def test_any_name_is_one_safe_part_of_a_path(stem: str, ending: str, content: bytes) -> None:
    stored = stored_name(stem + ending, content)
    assert Path(stored).name == stored and not stored.startswith((".", "-"))
    assert stored.isprintable() and stored.endswith(ending.lower())
    assert len(stored) < 100
    assert stored_name(shown_name(stored), content) == stored
