"""The study of spurious programs runs on a small folder and ends with its report."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "experiments"
Report = Callable[..., dict[str, Any]]


@pytest.fixture
def report(
    small_wikisql: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Report:
    """Runs a script with options; the JSON object in the last line of its output.

    In this process, because every new one would import torch and Lightning again.
    """

    def run(script: str, *options: str) -> dict[str, Any]:
        path = str(SCRIPTS / script)
        monkeypatch.setenv("SPARSE_RL_CACHE", str(cache))
        monkeypatch.setattr(sys, "argv", [path, "--root", str(small_wikisql), *options])
        runpy.run_path(path, run_name="__main__")
        found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
        return found

    return run


def test_spurious(report: Report, small_wtq: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    options = ("--questions", "12", "--max_programs", "20", "--worlds", "5")
    found = report("spurious.py", *options, "--wtq", str(small_wtq), "--out", str(page))
    counts = found["wikisql"]["counts"]
    assert 0 < counts["some"] <= counts["found"] == counts["all"] + counts["none"] + counts["some"]
    picked = found["wikisql"]["picked"]
    assert all(0 <= chance <= 1 for chance, _ in picked.values())
    gain = picked["the most credible"][0] - picked["at random"][0]
    assert found["wikisql"]["gain"][0] == pytest.approx(gain)
    lengths = found["wikitablequestions"]["by_length"]
    assert sum(c["questions"] for name, c in lengths.items() if name != "all") <= 12
    text = page.read_text()
    assert "| the most credible |" in text and "## WikiTableQuestions" in text
