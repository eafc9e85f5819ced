"""The paper index: its configs are there, and its figures are those of the result files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INDEX = (ROOT / "docs" / "papers.md").read_text(encoding="utf-8")
ROWS = [
    (cells[1], cells[-2], cells[-1])
    for line in INDEX.splitlines()
    if line.startswith("|") and "results/" in line and ".yaml" in line
    for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
]


def test_the_index_has_figures() -> None:
    assert len(ROWS) > 10


@pytest.mark.parametrize(("figure", "source"), [row[1:] for row in ROWS])
def test_figures_are_those_of_the_result_file(figure: str, source: str) -> None:
    match = re.search(r"\((results/\w+\.md)\)", source)
    assert match, source
    assert figure in (ROOT / "docs" / match[1]).read_text(encoding="utf-8")


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
