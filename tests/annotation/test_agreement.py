"""Agreement with CoreNLP's annotation of WikiTableQuestions: a sample, and all of it."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from sparse_rl.annotation import agreement
from sparse_rl.annotation.agreement import PrecisionRecall, scores

QUESTIONS = "pristine-seen-tables.tagged"


def unpack(data_root: Path, target: Path, every: int) -> tuple[Path, list[Path]]:
    """The tagged questions of the pack, and every so many of its tagged tables."""
    pack = data_root / "wikitablequestions.tar.xz"
    if not pack.is_file():
        pytest.skip(f"put WikiTableQuestions there: no file {pack}")
    with tarfile.open(pack) as archive:
        files = sorted((m for m in archive if m.isfile()), key=lambda member: member.name)
        tables = [file for file in files if "-tagged/" in file.name][::every]
        questions = [file for file in files if file.name.endswith(f"tagged/data/{QUESTIONS}")]
        archive.extractall(
            target, sorted(tables + questions, key=lambda m: m.offset), filter="data"
        )
    return target / questions[0].name, [target / table.name for table in tables]


def check_questions(found: dict[str, PrecisionRecall]) -> None:
    assert found["tokens"].recall >= 0.97
    for name in ("NUMBER values", "ORDINAL values", "DATE values"):
        assert found[name].precision >= 0.95, name
        assert found[name].recall >= 0.95, name
    for name in ("comparatives (JJR, RBR)", "superlatives (JJS, RBS)"):
        assert found[name].precision >= 0.97, name
        assert found[name].recall >= 0.97, name


def check_cells(found: dict[str, PrecisionRecall]) -> None:
    for name in ("number", "num2", "date", "list"):
        assert found[name].precision >= 0.97, name
        assert found[name].recall >= 0.97, name


def test_a_sample_agrees(data_root: Path, tmp_path: Path) -> None:
    questions, tables = unpack(data_root, tmp_path, every=50)
    check_questions(scores(map(agreement.question, agreement.questions(questions)[::4])))
    check_cells(scores(map(agreement.cell, agreement.cells(tables))))


@pytest.mark.slow
def test_all_agree(data_root: Path, tmp_path: Path) -> None:
    questions, tables = unpack(data_root, tmp_path, every=1)
    check_questions(scores(map(agreement.question, agreement.questions(questions))))
    check_cells(scores(map(agreement.cell, agreement.cells(tables))))
