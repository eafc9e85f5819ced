"""`sparse-rl learn`: a model trained on with a person's own answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparse_rl.asking.model import load_model
from sparse_rl.cli import main
from sparse_rl.datamodules.tables.own_tables import OwnTablesDataModule

PEOPLE = {"Ann": ("Oslo", 31), "Ben": ("Rome", 45), "Cat": ("Oslo", 28), "Dan": ("Lima", 52)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = "".join(f"{name},{city},{age}\n" for name, (city, age) in PEOPLE.items())
    (tmp_path / "people.csv").write_text(f"Name,City,Age\n{rows}")
    asked = [
        {"question": f"{ask} {name}?", "table": "people.csv", "answer": answer}
        for name, facts in PEOPLE.items()
        for ask, answer in zip(("what is the city of", "what is the age of"), facts, strict=True)
    ]
    asked += [
        {"question": f"who is in {city}?", "table": "people.csv", "answer": names}
        for city, names in (("Oslo", ["Ann", "Cat"]), ("Rome", "Ben"), ("Lima", "Dan"))
    ]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in asked))
    return tmp_path


@pytest.fixture
def checkpoint(folder: Path, checkpoint_of: Callable[[Any], Path], cache: Path) -> Path:
    data = OwnTablesDataModule(
        str(folder), questions="questions", divide="questions", cache=str(cache)
    )
    return checkpoint_of(data)


def test_a_model_learns_from_answers_and_is_kept_if_it_got_no_worse(
    folder: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "mine.ckpt"
    words = ["learn", str(folder), f"--ckpt_path={checkpoint}", f"--out={out}", "--max_epochs=8"]
    main(words)
    said = capsys.readouterr().out
    assert "right of 3 held-out questions: 0% before" in said and f"Written to {out}" in said
    assert load_model(out).ask(folder / "people.csv", "what is the city of Ann?").answer


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (None, "give the folder of your tables and questions"),
        (5, "answer 10 questions at least"),
        (2, "answer 10 questions at least|give the questions 3 questions at least"),
    ],
)
def test_too_little_is_refused(
    folder: Path, checkpoint: Path, lines: int | None, problem: str
) -> None:
    path = folder / "questions.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:lines]))
    root = folder / "none" if lines is None else folder
    with pytest.raises(SystemExit, match=problem):
        main(["learn", str(root), f"--ckpt_path={checkpoint}", f"--out={folder / 'o.ckpt'}"])
    assert not (folder / "o.ckpt").exists()
