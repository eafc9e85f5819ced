"""Agreement with CoreNLP's annotation of WikiTableQuestions: a sample, and all of it."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from sparse_rl.datamodules.annotation import agreement
from sparse_rl.datamodules.annotation.agreement import Score, scores

TAGGED = "WikiTableQuestions/tagged"


@pytest.fixture(scope="module")
def tagged(data_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tagged files of the pack."""
    pack = data_root / "wikitablequestions.tar.xz"
    if not pack.is_file():
        pytest.skip(f"put WikiTableQuestions there: no file {pack}")
    root = tmp_path_factory.mktemp("wtq")
    with tarfile.open(pack) as archive:
        members = [member for member in archive if member.name.startswith(TAGGED)]
        archive.extractall(root, members, filter="data")
    return root / TAGGED


def check_questions(found: dict[str, Score]) -> None:
    assert found["tokens"].recall >= 0.97
    for name in ("NUMBER values", "ORDINAL values", "DATE values"):
        assert found[name].precision >= 0.95, name
        assert found[name].recall >= 0.95, name
    for name in ("comparatives (JJR, RBR)", "superlatives (JJS, RBS)"):
        assert found[name].precision >= 0.97, name
        assert found[name].recall >= 0.97, name


def check_cells(found: dict[str, Score]) -> None:
    for name in ("number", "num2", "date", "list"):
        assert found[name].precision >= 0.97, name
        assert found[name].recall >= 0.97, name


def test_a_sample_agrees(tagged: Path) -> None:
    questions = agreement.questions(tagged / "data" / "pristine-seen-tables.tagged")[::4]
    check_questions(scores(map(agreement.question, questions)))
    tables = sorted(tagged.glob("*-tagged/*.tagged"))[::50]
    check_cells(scores(map(agreement.cell, agreement.cells(tables))))


@pytest.mark.slow
def test_all_agree(tagged: Path) -> None:
    questions = agreement.questions(tagged / "data" / "pristine-seen-tables.tagged")
    check_questions(scores(map(agreement.question, questions)))
    tables = tagged.glob("*-tagged/*.tagged")
    check_cells(scores(map(agreement.cell, agreement.cells(tables))))
