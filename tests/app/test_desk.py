"""What people at one app share, without a page."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from sparse_rl.annotation.readers.column_options import ColumnOptions
from sparse_rl.app import desk as desks
from sparse_rl.app.answers import NO_ANSWER, typed_items, unknown_items
from sparse_rl.app.choices import with_column, with_file_options
from sparse_rl.app.desk import Desk, Sheet
from sparse_rl.app.records import AskedQuestion
from sparse_rl.datamodules.tables.table_options import TableOptions
from sparse_rl.errors import DataError

GARBAGE = bytes(range(256)) * 4


def test_asked_and_answered_questions_are_kept(desk: Desk, rivers: Sheet) -> None:
    result = desk.ask(rivers, "how long is the nile?")
    assert result.answer == ("6,650",)
    assert desk.folder.asked() == [AskedQuestion("how long is the nile?", rivers.table)]
    desk.keep_answer(rivers, result.question, result.programs[1].answer)
    desk.keep_answer(rivers, result.question, typed_items("6,650"))
    assert desk.folder.find_answer(result.question, rivers.table) == ("6,650",)
    with pytest.raises(DataError, match=r"^write the right answer"):
        desk.keep_answer(rivers, result.question, typed_items(" \n"))
    with pytest.raises(DataError, match=r"^write the question"):
        desk.ask(rivers, " ")
    assert len(desk.folder.asked()) == 1


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.csv.gz", "a.xlsx", "a.ods", "a.parquet"])
@pytest.mark.parametrize("content", [b"", GARBAGE, b"PK\x03\x04" + GARBAGE, b"<html><p>a</html>"])
def test_what_is_no_table_is_one_line_and_is_not_kept(
    desk: Desk, name: str, content: bytes
) -> None:
    with pytest.raises(DataError) as caught:
        desk.open(f"../{name}", content)
    told = str(caught.value)
    assert name in told and "/" not in told.replace("'/", "") and "\n" not in told
    assert desk.folder.tables() == []
    assert sorted(p.name for p in desk.folder.root.iterdir()) == [
        ".lock", "questions.jsonl", "tables",
    ]  # fmt: skip


def test_a_corrected_reading_is_kept_for_the_table(desk: Desk) -> None:
    content = "Code;Größe\n7;1,5\n8;2,5\n".encode("cp1252")
    with pytest.raises(DataError, match="cp1252"):
        desk.open("sizes.csv", content)
    sheet = desk.open(
        "sizes.csv", content, with_file_options(TableOptions(), " cp1252 ", "", None, "")
    )
    assert sheet.opened.text.header == ["Code", "Größe"]
    options = with_column(sheet.options, "Code", "text", None, None, None, "")
    sheet = desk.reopen(sheet.table, options)
    assert sheet.opened.read is not None
    assert [column.type for column in sheet.opened.read.columns] == ["identifier", "number"]
    # Dropped again, by somebody else under another name: the same table, read the same way.
    again = desk.open("copy.csv", content)
    assert (again.table, again.name, again.options) == (sheet.table, "sizes.csv", options)
    with pytest.raises(DataError, match="column 'Größe'"):
        desk.reopen(sheet.table, with_column(options, "Größe", "date", None, None, None, ""))
    assert desk.reopen(sheet.table).options == options
    with pytest.raises(DataError, match=r"^choose a table of the folder"):
        desk.reopen("../questions.jsonl")


def test_choices_of_people() -> None:
    options = with_column(TableOptions(), "A", "number", ",", None, "m", "sold out, -")
    assert options.columns == {"A": ColumnOptions("number", ",", None, "m", ("sold out", "-"))}
    assert with_column(options, "A", None, None, None, None, " ").columns == {}
    assert with_file_options(options, "", r"\t", 3, "Data").delimiter == "\t"
    with pytest.raises(DataError, match=r"^set type of column 'A'"):
        with_column(options, "A", "colour", None, None, None, "")


def test_typed_answers(rivers: Sheet) -> None:
    assert typed_items("Nile\n\n  Rhône \r\n") == ("Nile", "Rhône")
    assert unknown_items(rivers.opened, ("nile", "6650", "42", NO_ANSWER, "Danube")) == ("Danube",)


def wait(desk: Desk) -> None:
    end = time.monotonic() + 60
    while desk.is_learning():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_too_few_answers_are_the_line_of_learn(desk: Desk) -> None:
    assert not desk.is_learning()
    desk.learn()
    first = desk.learning
    desk.learn()
    assert desk.learning is first
    wait(desk)
    assert first is not None and first.result is None
    assert first.error.startswith("answer 10 questions at least: ") and " has 0" in first.error
    desk.close()


@pytest.mark.parametrize("kept", [True, False])
def test_a_kept_model_answers_afterwards(
    desk: Desk, kept: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The training's process is another program here, which prints what `learn` prints."""
    script = tmp_path / "learn.py"
    lines = [{"doing": "pass 1 of 2"}, {"kept": kept, "answers": 12}]
    script.write_text("".join(f"print({json.dumps(line)!r})\n" for line in lines))
    monkeypatch.setattr("sparse_rl.app.learning.PROGRAM", (str(script),))
    loaded = []
    monkeypatch.setattr(desks, "load_model", lambda path: loaded.append(path) or desk.model)
    desk.learn()
    wait(desk)
    assert desk.learning is not None and desk.learning.result == lines[1]
    assert not desk.is_learning() and loaded == ([desk.learned] if kept else [])
    assert desk.model_name == ("the folder's own model" if kept else "the packaged model")


def test_a_training_is_ended_with_the_app(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparse_rl.app.learning.PROGRAM", ("-c", "import time; time.sleep(60)"))
    desk.learn()
    desk.close()
    assert not desk.is_learning() and desk.learning is not None and desk.learning.error
