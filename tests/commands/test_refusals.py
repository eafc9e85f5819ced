"""What is refused leaves nothing behind, and what has no answer is predicted, not scored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparse_rl.cli import main

TABLE = "Nation,Golds\nPeru,7\nChile,3\nBrazil,12\n"
TINY = [
    "--config=gaca_own_tables.yaml",
    "--data.root=.",
    "--data.language=wikisql",
    "--trainer.max_epochs=1",
    "--model.task.hidden=8",
    "--model.task.embedding=8",
    "--trainer.accelerator=cpu",
    "--trainer.enable_progress_bar=false",
    "--trainer.log_every_n_steps=1",
    "--warm_start.workers=1",
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tables with one run; a test question has no answer."""
    folder = tmp_path_factory.mktemp("refusals")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SPARSE_RL_CACHE", str(folder / "cache"))
        (folder / "t.csv").write_text(TABLE)
        known = {"question": "how many golds has peru?", "table": "t.csv", "answer": 7}
        unknown = {"question": "how many golds has chile?", "table": "t.csv"}
        for split, lines in {"train": [known], "dev": [known], "test": [known, unknown]}.items():
            (folder / f"{split}.jsonl").write_text("".join(json.dumps(q) + "\n" for q in lines))
        main(["fit", *TINY])
    return folder


@pytest.fixture(autouse=True)
def inside(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained)
    monkeypatch.setenv("SPARSE_RL_CACHE", str(trained / "cache"))


@pytest.mark.parametrize(
    ("command", "options", "says"),
    [
        ("fit", ["--ckpt_path=last", "--model.task.hidden=16"], "set model.task.hidden to 8"),
        ("fit", ["--ckpt_path=last", "--data.train_split=test"], "questions of train"),
        ("test", ["--ckpt_path=best", "--data.max_expressions=2"], "max_expressions 3 there, 2"),
        ("fit", ["--ckpt_path=runs/none"], "give --ckpt_path an existing checkpoint"),
        ("fit", ["--model.lrr=1"], "no model.lrr; did you mean model.lr?"),
        ("fit", ["--data.root=nowhere"], "nowhere"),
        ("validate", [], "give --ckpt_path a checkpoint"),
    ],
)
def test_a_refused_command_leaves_no_folder(command: str, options: list[str], says: str) -> None:
    before = sorted(Path("runs").rglob("version_*"))
    with pytest.raises(SystemExit) as stopped:
        main([command, *TINY, *options])
    text = str(stopped.value)
    assert says in text and len(text.splitlines()) == 1, text
    assert sorted(Path("runs").rglob("version_*")) == before


def test_a_question_without_an_answer_is_not_scored(capsys: pytest.CaptureFixture[str]) -> None:
    main(["test", *TINY, "--ckpt_path=runs/gaca_own_tables", "--show=2"])
    out = capsys.readouterr().out
    assert "of 1 questions" in out and "1 questions have no answer" in out
    assert out.count("(no answer to compare with)") == 1
    main(["ensemble", *TINY, "runs/gaca_own_tables/version_0", "best", "--out=all.jsonl"])
    out = capsys.readouterr().out
    unscored = "1 without an answer are predicted, not scored"
    assert " ".join(out.split()).endswith(f"ensemble of 2, 1 questions of test; {unscored}")
    assert {line.split()[0] for line in out.splitlines() if line[0] != " "} <= {"100.0%", "0.0%"}
    assert len(Path("all.jsonl").read_text().splitlines()) == 2


def test_a_run_is_reported_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    main(["report", "runs/gaca_own_tables", "--out=page.html"])
    assert "Wrote page.html" in capsys.readouterr().out
    assert "<code>runs/gaca_own_tables/version_0</code>" in Path("page.html").read_text()
