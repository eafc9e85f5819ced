"""Generated questions over a user's own tables are right, reachable and the table's own."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from sparse_rl.cli import main
from sparse_rl.datamodules.quickstart.own_questions import generate_questions
from sparse_rl.datamodules.quickstart.random_tables import Names, draw_table
from sparse_rl.datamodules.tables.own_tables import OwnTablesDataModule
from sparse_rl.datamodules.tables.reading import PLAIN, ReadTable
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.exploration.tables.domain import TableDomain
from sparse_rl.interpreters.tables.language import wikisql_language

DOMAIN = TableDomain(wikisql_language(3))


def read(header: list[str], rows: list[list[str]]) -> ReadTable:
    return PLAIN.read("t.csv", TextTable(header, rows))


@pytest.mark.parametrize("seed", range(6))
def test_every_program_is_offered_and_has_the_answer(seed: int) -> None:
    rng = random.Random(seed)
    drawn = draw_table(rng, Names(), "t")
    rows = [[str(cell) for cell in row] for row in drawn.rows]
    for row in rows[1::3]:
        row[rng.randrange(len(row))] = ""
    table = read(list(drawn.header), rows)
    found = generate_questions(table, 25, seed)
    assert len(found) == len({q.question for q in found}) == 25
    assert found == generate_questions(table, 25, seed)
    assert found[:5] != generate_questions(table, 5, seed + 1)
    for question in found:
        example = table.example("q", question.question, [str(item) for item in question.answer])
        world = DOMAIN.world(example)
        state = world.start()
        for action in DOMAIN.parse_program(example, question.program):
            assert action in world.valid_actions(state), question
            state = world.step(state, action)
        assert world.is_terminal(state) and world.reward(state) == 1, question


def test_rows_are_called_by_the_first_column_of_names_or_rows() -> None:
    header = ["Country", "Year", "Golds", "Golds (total)", ""]
    rows = [
        ["Peru", "1998", "7", "9", "x"],
        ["Peru", "2001", "3", "8", "x"],
        ["Chile", "2005", "3", "", "x"],
    ]
    text = " ".join(q.question.lower() for q in generate_questions(read(header, rows), 40, 0))
    assert "rows" in text and "countries" not in text
    assert not any(word in text for word in ("total year", "average year", "sum of the year"))
    rows[1][0] = "Bolivia"
    text = " ".join(q.question.lower() for q in generate_questions(read(header, rows), 40, 0))
    assert "countries" in text and "rows" not in text


def test_amounts_in_several_currencies_are_neither_compared_nor_added() -> None:
    rows = [["Lamp", "$5", "a"], ["Desk", "€7", "b"], ["Sofa", "$9", "a"]]
    table = read(["Item", "Price", "Shop"], rows)
    programs = " ".join(q.program for q in generate_questions(table, 20, 0))
    assert "( hop v0 r.price-number )" in programs
    assert not any(name in programs for name in ("sum", "average", "mum", "filter_gt", "filter_lt"))


def test_a_table_without_anything_to_ask_gives_no_question() -> None:
    assert generate_questions(read(["a"], [["1"], ["2"]]), 5, 0) == []
    assert generate_questions(read(["a", "b"], [["1", ""], ["", "2"]]), 5, 0) == []
    assert generate_questions(read(["a", "a"], [["1", "2"], ["3", "4"]]), 5, 0) == []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for number in (1, 2, 10):
        (tmp_path / f"t{number}.csv").write_text(
            f"Nation;Golds;Note\nPerú | Chile;{number},5;a\nFiji;3;b\nBali;4;a\n", encoding="utf-8"
        )
    (tmp_path / "broken.csv").write_text('a,b\n1,"2\n')
    (tmp_path / "old.tsv").write_text("question\ttable\tanswer\nwho?\tt1.csv\tFiji\n")
    return tmp_path


@pytest.mark.parametrize("suffix", ["jsonl", "tsv"])
@pytest.mark.parametrize("language", ["wikisql", "wtq"])
def test_the_file_is_read_and_every_question_has_a_program(
    folder: Path, suffix: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = f"new.{suffix}"
    main(["generate", "--data.root=.", f"--out={out}", "--number=20"])
    printed, notes = capsys.readouterr()
    assert "20 questions over 3 tables" in printed and "--data.questions new" in printed
    assert "left out broken.csv: fix the quotes" in notes and "old" not in notes
    data = OwnTablesDataModule(".", language, questions=out, cache=str(folder / "cache"))
    assert not list(data.problems())
    domain = TableDomain(data.language)
    examples = [example for split in data.splits for example in data.examples(split)]
    assert len(examples) == 20 and {e.table.name for e in examples} == {
        "t1.csv",
        "t2.csv",
        "t10.csv",
    }
    for example in examples:
        assert domain.exhaustive(example, 1).programs, example.question
    if suffix == "jsonl":
        names = [json.loads(line)["table"] for line in Path(out).read_text().splitlines()]
        assert list(dict.fromkeys(names)) == ["t1.csv", "t2.csv", "t10.csv"]


def test_nothing_is_overwritten(folder: Path) -> None:
    for out, says in (
        ("old.tsv", "give --out a new file"),
        ("new.csv", "give --out a name that ends in .jsonl or .tsv"),
    ):
        with pytest.raises(SystemExit, match=says):
            main(["generate", "--data.root=.", f"--out={out}"])
    with pytest.raises(SystemExit, match=r"point --data\.root to the folder"):
        main(["generate", "--data.root=nowhere", "--out=new.tsv"])
    (folder / "none").mkdir()
    with pytest.raises(SystemExit, match="put tables into none"):
        main(["generate", "--data.root=none", "--out=new.tsv"])
    assert not (folder / "new.tsv").exists()
    assert (folder / "old.tsv").read_text().endswith("who?\tt1.csv\tFiji\n")
