"""Programs with one answer count together, and the other answers are told."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from sparse_rl.asking.candidates import AnswerReading, Candidate, TraceStep
from sparse_rl.asking.found_programs import FoundProgram, answer_groups
from sparse_rl.asking.plain_view import summary
from sparse_rl.asking.readings import readings
from sparse_rl.asking.result import Result
from sparse_rl.asking.terminal_view import show
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.interpreters.tables.answers import ListAnswer
from sparse_rl.interpreters.tables.program import ExecutedExpression, Expression

TABLE = TextTable(["a"], [["b"]])


def found(answer: str | None, probability: float) -> FoundProgram:
    expression = Expression("count", "all_rows", ())
    step = ExecutedExpression(expression, (answer or "no answer",))
    return FoundProgram((expression,), probability, (step,), answer)


def candidate(answer: str, probability: float = 0.0) -> Candidate:
    step = TraceStep("( count all_rows )", None, None, (answer,))
    return Candidate(
        f"( {answer} )", probability, "SELECT 1", (step,), (), f"This is {answer} of a."
    )


def test_programs_with_one_answer_count_together() -> None:
    programs = [found("x", 0.3), found(None, 0.25), found("y", 0.2), found("y", 0.15)]
    first, second = answer_groups(programs)
    assert [g.programs[0].answer for g in (first, second)] == ["y", "x"]
    assert first.mass == pytest.approx(0.35) and second.mass == pytest.approx(0.3)
    assert first.programs[0].is_right(ListAnswer(("y",)))
    assert not first.programs[0].is_right(ListAnswer(("x",)))


def test_other_readings_share_what_the_first_leaves() -> None:
    answers = [(candidate("x"), 0.5), (candidate("y"), 0.3), (candidate("z"), 0.1)]
    assert [r.answer for r in readings(answers, 0.8)] == [("x",), ("y",), ("z",)]
    sure = [r.probability for r in readings(answers, 0.8)]
    assert sure == pytest.approx([0.8, 0.3 * 0.4, 0.1 * 0.4])
    # Doubt about the first is none that the others are right.
    unsure = [r.probability for r in readings(answers, 0.2)]
    assert unsure == pytest.approx([0.2, 0.3, 0.1])
    certain = readings([(candidate("x"), 1.0), (candidate("y"), 0.0)], 1.0)
    assert [r.probability for r in certain] == [1, 0]


CANDIDATE = Candidate(
    "( count all_rows ) <END>",
    0.6,
    "SELECT 1",
    (TraceStep("( count all_rows )", None, None, ("one",)),),
    (),
    "This is the A of b.",
    ("lima", "500"),
    ("7",),
    (("lima", "City is Lima"), ("over 500", "Amount is above 500")),
)
OTHERS = [candidate("two", 0.2), candidate("three", 0.1), candidate("four", 0.1)]


def result(confidence: float, answerable: bool) -> Result:
    found_readings = (
        AnswerReading(CANDIDATE, confidence),
        *(AnswerReading(other, other.probability) for other in OTHERS),
    )
    programs = (CANDIDATE, *OTHERS)
    notes = ("column 'a' read as number", "not understood: 12x")
    return Result("which?", TABLE, programs, found_readings, answerable, notes, ("12x",))


RESTS_ON = [
    'understood: "lima" as City is Lima; "over 500" as Amount is above 500',
    "not used of the question: 7",
    "not found in the table: 12x",
    "or: two of a = two (20%)",
    "or: three of a = three (10%)",
]


@pytest.mark.parametrize("explain", [False, True])
def test_the_answer_is_first_and_details_are_explained(explain: bool) -> None:
    told = result(0.6, True)
    assert summary(told) == ["This is the A of b.", *RESTS_ON]
    out = io.StringIO()
    show(told, Console(file=out, width=80), explain)
    first, *lines = out.getvalue().splitlines()
    assert first == "Answer: one  (likely, 60%)"
    assert [line.rstrip() for line in lines[:6]] == summary(told)
    assert lines[6].startswith("note: column 'a'")
    assert ("SELECT 1" in out.getvalue()) == explain
    assert out.getvalue().count("12x") == 1


def test_a_doubtful_answer_is_the_closest_reading() -> None:
    told = result(0.3, False)
    out = io.StringIO()
    show(told, Console(file=out, width=200))
    assert out.getvalue().splitlines()[0] == (
        "The table does not seem to have the answer; the closest reading is: "
        "the A of b = one  (30%)"
    )
    assert summary(told) == RESTS_ON
    assert "closest reading" in repr(told) and "closest reading" in told._repr_html_()
    content = told.to_dict()
    assert not content["answerable"] and content["confidence"] == 0.3
    assert [r["answer"] for r in content["readings"]] == [["one"], ["two"], ["three"], ["four"]]


def test_unlikely_readings_are_not_told() -> None:
    told = Result(
        "which?",
        TABLE,
        (CANDIDATE,),
        (AnswerReading(CANDIDATE, 0.99), AnswerReading(CANDIDATE, 0.009)),
    )
    assert not any(line.startswith("or:") for line in summary(told))
