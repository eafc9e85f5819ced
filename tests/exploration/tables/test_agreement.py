"""Agreement of programs with human forms, by arithmetic on small invented questions."""

from __future__ import annotations

import pytest

from sparse_rl.exploration.tables.agreement import (
    AnnotatedQuestion,
    agreement_page,
    comparable_forms,
    interval,
    least_spurious_mass,
    spurious_mass,
    spurious_summary,
)
from sparse_rl.interpreters.tables.functions import medals
from sparse_rl.interpreters.tables.language import wtq_language
from sparse_rl.interpreters.tables.program import parse_program
from sparse_rl.interpreters.tables.sketch import Sketch

TABLE, LANGUAGE = medals(), wtq_language()
HUMAN = Sketch(frozenset({"golds", "nation"}), frozenset({"greatest"}))
PROGRAMS = [
    parse_program(text, LANGUAGE)
    for text in (
        "( argmax all_rows r.golds-number ) ( hop v0 r.nation-string )",
        "( argmin all_rows r.golds-number ) ( hop v0 r.nation-string )",
        "( first all_rows ) ( hop v0 r.nation-string )",
    )
]


def test_a_question_has_a_status_and_forms_of_its_table() -> None:
    unknown = Sketch(frozenset({"silvers"}))
    inexpressible = Sketch(frozenset({"golds"}), frozenset({"addition"}))
    assert comparable_forms([], TABLE) == ("no form", [])
    assert comparable_forms([unknown], TABLE) == ("unknown column", [])
    assert comparable_forms([unknown, inexpressible], TABLE) == ("inexpressible", [])
    status, forms = comparable_forms([unknown, inexpressible, HUMAN], TABLE)
    assert status == "comparable"
    assert [form.columns for form in forms] == [{"r.golds", "r.nation"}]


def test_mass_on_programs_that_agree_with_no_form() -> None:
    _, forms = comparable_forms([HUMAN], TABLE)
    masses = spurious_mass(PROGRAMS, [5.0, 3.0, 2.0], forms, TABLE)
    assert masses == pytest.approx({"columns": 0.2, "operations": 0.5, "comparisons": 0.5})
    # A second form: any one of them suffices.
    _, both = comparable_forms([HUMAN, Sketch(frozenset({"nation"}), frozenset({"first"}))], TABLE)
    masses = spurious_mass(PROGRAMS, [5.0, 3.0, 2.0], both, TABLE)
    assert masses == pytest.approx({"columns": 0.0, "operations": 0.3, "comparisons": 0.3})


def test_a_program_of_the_same_meaning_agrees_too() -> None:
    _, forms = comparable_forms([HUMAN], TABLE)
    weights, meanings = [5.0, 3.0, 2.0], [("brazil",), ("chile",), ("brazil",)]
    masses = spurious_mass(PROGRAMS, weights, forms, TABLE, meanings)
    assert masses == pytest.approx({"columns": 0.0, "operations": 0.3, "comparisons": 0.3})


def test_the_best_weighting_needs_one_program_that_agrees() -> None:
    _, forms = comparable_forms([HUMAN], TABLE)
    assert set(least_spurious_mass(PROGRAMS, forms, TABLE).values()) == {0.0}
    least = least_spurious_mass(PROGRAMS[1:], forms, TABLE)
    assert least == {"columns": 0.0, "operations": 1.0, "comparisons": 1.0}


def of_all_levels(rate: float) -> dict[str, float]:
    return dict.fromkeys(("columns", "operations", "comparisons"), rate)


QUESTIONS = [
    AnnotatedQuestion(
        "nt-0",
        "train",
        "comparable",
        {**of_all_levels(0.5), "columns": 0.25},
        of_all_levels(0.75),
        of_all_levels(0.5),
        of_all_levels(0.0),
        of_all_levels(1.0),
        greedy_rewarded=True,
    ),
    AnnotatedQuestion(
        "nt-1",
        "train",
        "comparable",
        of_all_levels(0.0),
        of_all_levels(0.25),
        of_all_levels(0.25),
        of_all_levels(0.0),
        of_all_levels(0.0),
        greedy_rewarded=True,
    ),
    AnnotatedQuestion("nt-2", "train", "comparable", greedy=of_all_levels(1.0)),
    AnnotatedQuestion("nt-3", "dev", "comparable", greedy=of_all_levels(1.0)),
    AnnotatedQuestion("nt-4", "train", "no form"),
    AnnotatedQuestion("nt-5", "dev", "inexpressible"),
]


def test_the_summary_has_means_over_the_questions_that_have_a_rate() -> None:
    summary = spurious_summary(QUESTIONS)
    assert (summary["spurious_b"], summary["spurious_greedy"]) == (0.25, 0.5)
    assert summary["spurious_b_interval"] == (0.0, 0.5)
    assert summary["levels"]["columns"]["b"]["rate"] == 0.125
    assert summary["levels"]["operations"]["b_uniform"]["rate"] == 0.5
    assert summary["levels"]["operations"]["greedy_all"] == {
        "rate": 0.75,
        "interval": pytest.approx((0.25, 1.0)),
        "questions": 4,
    }
    assert summary["counts"] == {
        "questions": 6,
        "no_form": 1,
        "unknown_column": 0,
        "inexpressible": 1,
        "no_example": 0,
        "comparable_train": 3,
        "comparable_dev": 1,
        "without_b_train": 1,
        "without_b_dev": 1,
    }
    assert [question["id"] for question in summary["questions"]] == [q.id for q in QUESTIONS]


def test_a_rate_without_questions_is_none_and_has_no_row() -> None:
    summary = spurious_summary(QUESTIONS[4:])
    assert summary["spurious_b"] is None and summary["spurious_b_interval"] is None
    page = agreement_page(summary, "sparse-rl spurious")
    assert "by the policy" not in page and "`sparse-rl spurious`" in page


def test_the_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    values = [0.0, 0.25, 1.0, 1.0, 0.5]
    low, high = interval(values)
    assert 0 <= low < 0.55 < high <= 1
    assert interval(values) == (low, high)
    assert interval([0.5, 0.5]) == (0.5, 0.5)
