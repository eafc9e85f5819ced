"""`sparse-rl annotate` writes what the release's reader reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparse_rl.annotation import annotate_cell, annotate_question
from sparse_rl.annotation.tagged import escape
from sparse_rl.annotation.tsv import items, records, unescape
from sparse_rl.cli import main

QUESTIONS = (
    "id\tutterance\tcontext\ttargetValue\n"
    "q-0\tin which year?\tcsv/9-csv/0.csv\t1991|5 March 1988\n"
    "q-1\ta\\por b?\tcsv/9-csv/0.csv\tPeru\n"
)
TABLE = '"City","City"\n"Lima, Peru","1,200"\n"-","a|b\\\\"\n'


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A folder in the release's layout, without annotation."""
    for name, text in (("data/small.tsv", QUESTIONS), ("csv/9-csv/0.csv", TABLE)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_folder_is_annotated_like_the_release(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["annotate", str(release), "--out", str(release)])
    assert "2 files annotated" in capsys.readouterr().out
    questions = [r for _, r in records(release / "tagged" / "data" / "small.tagged", ("id",))]
    assert [unescape(q["utterance"]) for q in questions] == ["in which year?", "a|or b?"]
    for question in questions:
        assert (
            items(question["tokens"]) == annotate_question(unescape(question["utterance"])).tokens
        )
    assert questions[0]["targetCanon"] == "1991.0|1988-03-05"
    assert [q["targetCanonType"] for q in questions] == ["mixed", "string"]
    cells = [r for _, r in records(release / "tagged" / "9-tagged" / "0.tagged", ("row", "id"))]
    assert [(c["row"], c["id"]) for c in cells[:4]] == [
        ("-1", "fb:row.row.city"),
        ("-1", "fb:row.row.city_2"),
        ("0", "fb:cell.lima_peru"),
        ("0", "fb:cell.1_200"),
    ]
    assert [items(c["list"]) for c in cells if c["col"] == "0"][1:] == [("Lima", "Peru"), ("-",)]
    assert [unescape(c["content"]) for c in cells[3:]] == ["1,200", "-", "a|b\\"]
    assert cells[3]["number"] == str(annotate_cell("1,200").number)


def test_a_file_is_annotated_into_a_file(release: Path) -> None:
    out = release / "out" / "one.tagged"
    main(["annotate", str(release / "data" / "small.tsv"), "--out", str(out)])
    assert out.read_text(encoding="utf-8").startswith("id\tutterance\tcontext\ttargetValue\ttokens")


def test_what_cannot_be_annotated_is_one_error(release: Path) -> None:
    broken = release / "data" / "broken.tsv"
    broken.write_text("id\tutterance\nq-0\n", encoding="utf-8")
    existing = release / "existing.tagged"
    existing.touch()
    (release / "empty").mkdir()
    for source, out, message in (
        (broken, release / "a.tagged", r"broken\.tsv, line 2"),
        (release / "csv" / "9-csv" / "1.csv", release / "b.tagged", r"no file .*1\.csv"),
        (release / "notes.txt", release / "c.tagged", "notes.txt"),
        (release / "empty", release / "d", "neither"),
        (release / "data" / "small.tsv", existing, "existing.tagged exists"),
    ):
        with pytest.raises(SystemExit, match=message):
            main(["annotate", str(source), "--out", str(out)])
    assert not list(release.glob("*.partial")) and not (release / "a.tagged").exists()


def test_fields_are_read_back() -> None:
    for text in ("a|b", "back\\slash", "two\nlines", "\\n"):
        assert unescape(escape(text)) == text
