"""docs/own_tables.md leads from its files to an answer, by its own commands."""

from __future__ import annotations

import io
import re
import shlex
from pathlib import Path

import pytest

from sparse_rl.cli import main

PAGE = Path(__file__).resolve().parents[1] / "docs" / "own_tables.md"
SMALL = (
    "--model.task.hidden=16 --model.task.embedding=16 --trainer.max_epochs=2 "
    "--trainer.accelerator=cpu --trainer.enable_progress_bar=false --warm_start.workers=1 "
    "--warm_start.attempts=100"
)


@pytest.mark.slow
def test_from_files_to_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARSE_RL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.stdin", io.StringIO("how high is the eiger?\n"))
    page = PAGE.read_text(encoding="utf-8")
    (tmp_path / "mine").mkdir()
    blocks = re.findall(r"(.*?)^```(\w*)\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    for before, language, text in blocks:
        if language in ("csv", "jsonl"):
            *_, name = re.findall(r"`(mine/\S+)`", before)
            (tmp_path / name).write_text(text, encoding="utf-8")
    assert len(list((tmp_path / "mine").iterdir())) == 4
    outputs = []
    for line in "".join(text for _, language, text in blocks if not language).splitlines():
        program, *words = shlex.split(line)
        assert program == "sparse-rl"
        main([*words, *(SMALL.split() if words[0] == "fit" else [])])
        outputs.append((words[0], capsys.readouterr().out))
    assert [command for command, _ in outputs] == ["generate", "check", "fit", *["ask"] * 4]
    assert "0 problems" in outputs[1][1]
    assert all("Answer: " in outputs[index][1] for index in (3, 4, 6))
    (python,) = (text for _, language, text in blocks if language == "python")
    names: dict[str, object] = {}
    exec(compile(python, str(PAGE), "exec"), names)
    assert repr(names["result"]).startswith("how high is the dom?")
