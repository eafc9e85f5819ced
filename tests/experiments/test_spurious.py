"""The study of spurious programs runs on a small folder and ends with its report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Report = Callable[..., dict[str, Any]]


def test_spurious(report: Report, small_wtq: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    options = ("--questions", "12", "--max_programs", "20", "--worlds", "5")
    found = report("experiments/spurious.py", *options, "--wtq", str(small_wtq), "--out", str(page))
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
