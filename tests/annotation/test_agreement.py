"""Agreement with CoreNLP's annotation of WikiTableQuestions: a sample, and all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparse_rl.annotation import agreement
from sparse_rl.annotation.agreement import PrecisionRecall, scores

QUESTIONS = "pristine-seen-tables.tagged"


def tagged(root: Path) -> tuple[Path, list[Path]]:
    """The tagged questions of a release and its tagged tables."""
    return root / "tagged" / "data" / QUESTIONS, sorted(root.glob("tagged/*-tagged/*.tagged"))


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


def test_a_sample_agrees(wikitables_sample: Path) -> None:
    questions, tables = tagged(wikitables_sample)
    assert len(tables) > 40
    check_questions(scores(map(agreement.question, agreement.questions(questions)[::4])))
    check_cells(scores(map(agreement.cell, agreement.cells(tables))))


@pytest.mark.slow
def test_all_agree(wikitables_root: Path) -> None:
    questions, tables = tagged(wikitables_root)
    assert len(tables) == 2108
    check_questions(scores(map(agreement.question, agreement.questions(questions))))
    check_cells(scores(map(agreement.cell, agreement.cells(tables))))
