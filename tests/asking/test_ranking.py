"""Answers are ranked by what the question's words say."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.asking.evidence import EVIDENCE, Evidence
from sparse_rl.asking.found_programs import FoundProgram, answer_groups
from sparse_rl.asking.ranking import AnswerRanking
from sparse_rl.asking.tables import OpenTable
from sparse_rl.datamodules.tables.reading import ANNOTATED
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.interpreters.tables.language import plain_language
from sparse_rl.interpreters.tables.program import parse_program, run_program

TEXT = TextTable(
    ["Job", "Customer", "Mechanic", "Received", "Price"],
    [
        ["B1", "Ann Lee", "Tom Fry", "2024-03-01", "20"],
        ["B2", "Bo Ray", "Una Zed", "2024-04-02", "35"],
        ["B3", "Cy Doe", "Tom Fry", "2024-05-03", "50"],
    ],
)
READ = ANNOTATED.read("jobs", TEXT)
OPENED = OpenTable(TEXT, READ.table, READ.sources, READ, True)


def found(program: str, probability: float) -> FoundProgram:
    parsed = parse_program(program, plain_language())
    steps = run_program(parsed, READ.table, plain_language())
    value = steps[-1].value
    assert isinstance(value, tuple)
    return FoundProgram(parsed, probability, steps, frozenset(value))


def evidence(question: str, program: str, probability: float = 0.5) -> dict[str, float]:
    (group,) = answer_groups([found(program, probability)])
    return dict(Evidence(OPENED, READ.example("q", question)).of(group))


CUSTOMER = "( filter_in all_rows ['b1'] r.job-string ) ( hop v0 r.customer-string )"
MECHANIC = "( filter_in all_rows ['b1'] r.job-string ) ( hop v0 r.mechanic-string )"
RECEIVED = "( filter_in all_rows ['b1'] r.job-string ) ( hop v0 r.received-string )"
COUNT = "( filter_in all_rows ['tom fry'] r.mechanic-string ) ( count v0 )"
NOT = "( filter_not_in all_rows ['tom fry'] r.mechanic-string ) ( hop v0 r.job-string )"
DEAREST = "( argmax all_rows r.price-number ) ( hop v0 r.job-string )"
LATEST = "( argmax all_rows r.received-date ) ( hop v0 r.job-string )"
SUM = "( sum all_rows r.price-number )"


def test_all_features_are_named() -> None:
    assert set(evidence("Who was the mechanic of B1?", MECHANIC)) == set(EVIDENCE)


@pytest.mark.parametrize(
    ("question", "program", "says"),
    [
        ("Who was the mechanic of B1?", MECHANIC, {"named": 1, "ignored": 0, "used": 1}),
        ("Who was the mechanic of B1?", CUSTOMER, {"named": 0, "ignored": 1}),
        ("How many jobs did Tom Fry do?", COUNT, {"missing_count": 0, "no_column": 1}),
        ("How many jobs did Tom Fry do?", SUM, {"missing_count": 1, "unused": 1, "used": 0}),
        ("When did B1 come in?", RECEIVED, {"missing_date": 0, "extra_date": 0}),
        ("Who brought B1?", RECEIVED, {"missing_date": 0, "extra_date": 1}),
        ("When did B1 come in?", CUSTOMER, {"missing_date": 1}),
        ("jobs not done by Tom Fry", NOT, {"missing_not": 0, "extra_not": 0}),
        ("jobs done by Tom Fry", NOT, {"extra_not": 1}),
        ("Which job had the highest price?", DEAREST, {"missing_superlative": 0, "unnamed": 0}),
        ("Which job was the dearest?", DEAREST, {"unnamed": 1, "steps": 2}),
        ("Which job was the cheapest?", DEAREST, {"wrong_end": 1}),
        ("Which job was the dearest?", DEAREST, {"wrong_end": 0}),
        ("Which job was the latest?", LATEST, {"wrong_end": 0}),
        ("Which job was the oldest?", LATEST, {"wrong_end": 1}),
        ("Who paid most?", SUM, {"number_for_name": 1, "missing_superlative": 1}),
        ("How much did B1 cost?", CUSTOMER, {"text_for_quantity": 1}),
    ],
)
def test_what_the_words_say(question: str, program: str, says: dict[str, float]) -> None:
    found_evidence = evidence(question, program)
    assert {name: found_evidence[name] for name in says} == says


def test_a_named_column_goes_before_a_probable_one() -> None:
    groups = answer_groups([found(CUSTOMER, 0.6), found(MECHANIC, 0.3)])
    weights = dict.fromkeys(EVIDENCE, 0.0) | {"probability": 1.0, "ignored": -2.0}
    example = READ.example("q", "Who was the mechanic of B1?")
    first, second = AnswerRanking(weights).ranked(groups, OPENED, example)
    assert first.programs[0].program == found(MECHANIC, 1).program
    # .3 against .6 exp(-2), and together as probable as before.
    share = 0.3 / (0.3 + 0.6 * math.exp(-2))
    assert first.probability == pytest.approx(0.9 * share, abs=1e-5)
    assert first.probability + second.probability == pytest.approx(0.9)
    assert first.mass == 0.3


@given(st.floats(0.01, 0.4), st.floats(0.01, 0.4))
def test_the_probability_alone_changes_nothing(one: float, other: float) -> None:
    groups = answer_groups([found(CUSTOMER, one), found(MECHANIC, other)])
    alone = AnswerRanking(dict.fromkeys(EVIDENCE, 0.0) | {"probability": 1.0})
    ranked = alone.ranked(groups, OPENED, READ.example("q", "B1"))
    assert [g.programs for g in ranked] == [g.programs for g in groups]
    for after, before in zip(ranked, groups, strict=True):
        assert after.probability == pytest.approx(before.mass, rel=1e-3)
