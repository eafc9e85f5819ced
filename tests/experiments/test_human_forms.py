"""The comparison of methods by human forms: one table over runs, seeds and questions."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "experiments" / "human_forms.py"


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def test_runs_of_one_name_are_seeds(
    annotated_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Human forms\n\n## Without a policy\nkept\n")
    run = str(annotated_run)
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), run, run, "--out", str(page)])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    text = page.read_text()
    assert "kept" in text and "## Trained policies" in text
    (row,) = (line for line in text.splitlines() if line.startswith("| gaca_medals"))
    assert row.split("|")[2].strip() == "2" and "± 0.0" in row


def test_a_cell_has_the_mean_of_the_seeds_and_an_interval_over_questions(
    script: dict[str, Any],
) -> None:
    # Seed 0: (0 + 0.5) / 2; seed 1: (1 + 0.5 + 0) / 3. The last question has no rate at all.
    rates_SQ = np.array([[0.0, 0.5, np.nan, np.nan], [1.0, 0.5, 0.0, np.nan]])
    text = script["cell"](rates_SQ)
    assert text.startswith("37.5 ± 17.7 [")
    low, high = (float(end) for end in text.partition("[")[2].rstrip("]").split(","))
    assert 0 <= low < 37.5 < high <= 100
    assert script["cell"](rates_SQ[:, 3:]) == "–"
    assert script["cell"](np.array([[0.25]])) == "25.0"
