"""The paper index: its configs are there, and its figures are those of the result files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INDEX = (ROOT / "docs" / "papers.md").read_text(encoding="utf-8")
ROWS = [
    (cells[0], cells[-2], cells[-1])
    for line in INDEX.splitlines()
    if line.startswith("|") and "results/" in line and ".yaml" in line
    for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
]


def test_the_index_has_figures() -> None:
    assert len(ROWS) > 10


@pytest.mark.parametrize(("method", "figure", "source"), ROWS)
def test_figures_are_those_of_the_result_file(method: str, figure: str, source: str) -> None:
    match = re.search(r"\[(.*?)\]\((results/\w+\.md)\)", source)
    assert match, source
    page = (ROOT / "docs" / match[2]).read_text(encoding="utf-8")
    assert figure in page
    parts = [part.split("\n", 1) for part in re.split(r"^## ", page, flags=re.MULTILINE)]
    # A source that names a regime has the figure in that regime's row of the method.
    for regime, text in parts:
        if regime in match[1].split(", "):
            (row,) = [line for line in text.splitlines() if line.startswith(f"| {method} |")]
            assert figure in row


def test_named_configs_are_there() -> None:
    named = set(re.findall(r"`([a-z_]+\.yaml)", INDEX))
    assert named
    assert named <= {path.name for path in (ROOT / "configs").glob("*.yaml")}


def test_every_method_is_in_the_index() -> None:
    papers = {
        path.name
        for path in (ROOT / "configs").glob("*.yaml")
        if path.stem.split("_")[-1] in ("wikisql", "wtq", "textworld")
    }
    # They are indexed by experiment, not by table row.
    papers -= {"dirpg_wikisql.yaml"}
    assert papers <= set(re.findall(r"`([a-z_]+\.yaml)", INDEX))
