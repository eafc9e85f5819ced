"""The code on the pages runs as it stands there, from the first block to the last."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

DOCS = Path(__file__).resolve().parents[1] / "docs"


def run(page: str) -> dict[str, Any]:
    text = (DOCS / page).read_text(encoding="utf-8")
    # A module of its own: dataclasses look up theirs by name.
    module = sys.modules["page"] = ModuleType("page")
    for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
        exec(compile(block, page, "exec"), vars(module))
    return vars(module)


@pytest.mark.slow(ci=True)
def test_estimators_in_your_own_training_loop() -> None:
    pytest.importorskip("transformers")
    torch.set_num_threads(1)
    page = run("own_training_loop.md")
    for history in (page["mapo"], page["gaca"]):
        assert history[-1]["pi_b"] > 0.2 > history[0]["pi_b"]
        assert history[-1]["found"] > history[0]["found"]


@pytest.mark.slow(ci=True)
def test_bring_your_own_domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = run("bring_your_own_domain.md")
    assert page["accuracies"]["greedy_accuracy"] > 0.9


@pytest.mark.slow(ci=True)
def test_language_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = run("language_models.md")
    assert page["accuracies"]["greedy_accuracy"] >= 0.0
    assert page["memory"].replay.coverage(["sort"]) == 1
    assert page["run"].predictions()[0]["program"] in (
        "apple pear",
        "apple fig",
        "fig pear",
        "pear apple",
        "fig apple",
        "pear fig",
    )
