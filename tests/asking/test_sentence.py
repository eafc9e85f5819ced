"""What an answer rests on, in words."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from sparse_rl.asking.candidates import Candidate, TraceStep
from sparse_rl.asking.plain_view import summary
from sparse_rl.asking.result import Result
from sparse_rl.asking.sentence import sentence
from sparse_rl.asking.terminal_view import show
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.interpreters.tables.functions import medals
from sparse_rl.interpreters.tables.language import wtq_language
from sparse_rl.interpreters.tables.program import parse_program

LANGUAGE = wtq_language()


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("( count all_rows ) <END>", "the number of all rows"),
        (
            "( filter_in all_rows ['peru', 'chile'] r.nation-string ) "
            "( filter_gt v0 [2] r.golds-number ) ( hop v1 r.golds-number ) <END>",
            "the Golds of the rows where Nation is peru or chile and Golds is above 2",
        ),
        (
            "( argmax all_rows r.golds-number ) ( next v0 ) ( hop v1 r.nation-string ) <END>",
            "the Nation of the row after the row with the greatest Golds of all rows",
        ),
        (
            "( argmax all_rows r.golds-number ) ( last all_rows ) "
            "( diff v0 v1 r.golds-number ) <END>",
            "the difference in Golds between the row with the greatest Golds of all rows and the "
            "last of all rows",
        ),
        ("( sum all_rows r.golds-number ) <END>", "the sum of Golds over all rows"),
    ],
)
def test_a_program_in_a_sentence(program: str, says: str) -> None:
    assert sentence(parse_program(program, LANGUAGE), medals()) == f"This is {says}."


@pytest.mark.parametrize("function", LANGUAGE.functions, ids=lambda function: function.name)
def test_every_function_has_words(function: object) -> None:
    from sparse_rl.asking import sentence as words

    known = {**words._RELATIONS, **words._ROWS, **words._ANSWERS}
    assert function.name in known  # type: ignore[attr-defined]


def candidate(answer: str, probability: float) -> Candidate:
    step = TraceStep("( count all_rows )", None, None, (answer,))
    words = ("This is so.", ("peru",), ("7",))
    return Candidate("( count all_rows ) <END>", probability, "SELECT 1", (step,), (), *words)


def test_the_answer_is_first_and_details_are_explained() -> None:
    programs = (candidate("one", 0.6), candidate("one", 0.2), candidate("two", 0.1))
    notes = ("column 'a' read as number", "not understood: 12x")
    table = TextTable(["a"], [["b"]])
    result = Result("which?", table, programs, notes, ("12x",))
    assert summary(result) == [
        "This is so.",
        "from the question: peru",
        "not used of the question: 7",
        "not understood: 12x",
        "another program (10%) says two: This is so.",
    ]
    for explain in (False, True):
        out = io.StringIO()
        show(result, Console(file=out, width=80), explain)
        first, *lines = out.getvalue().splitlines()
        assert first == "Answer: one  (60%)"
        assert [line.rstrip() for line in lines[:5]] == summary(result)
        assert lines[5].startswith("note: column 'a'")
        assert ("SELECT 1" in out.getvalue()) == explain
        assert out.getvalue().count("12x") == 1
    alone = Result("which?", table, programs[:2])
    assert alone.disagreeing is None and alone.to_dict()["disagreeing"] is None
