"""How sure an answer is."""

from __future__ import annotations

import pytest

from sparse_rl.asking.confidence import FEATURES, Calibration, features
from sparse_rl.asking.found_programs import FoundProgram, answer_groups
from sparse_rl.asking.tables import OpenTable
from sparse_rl.datamodules.tables.reading import ANNOTATED
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.interpreters.tables.language import plain_language
from sparse_rl.interpreters.tables.program import parse_program, run_program

TEXT = TextTable(
    ["Product", "Category", "In stock"], [["Saw", "Tool", "5"], ["Work gloves", "Wear", "9"]]
)
READ = ANNOTATED.read("stock", TEXT)
OPENED = OpenTable(TEXT, READ.table, READ.sources, READ, True)
KNOWN = frozenset(str.split("what which is are the of category products how many in stock"))


def found(program: str, probability: float) -> FoundProgram:
    parsed = parse_program(program, plain_language())
    steps = run_program(parsed, READ.table, plain_language())
    value = steps[-1].value
    answer = None if "no_answer" in program else frozenset(value)  # type: ignore[arg-type]
    return FoundProgram(parsed, probability, steps, answer)


def given(question: str, *programs: FoundProgram) -> dict[str, float]:
    return features(programs, answer_groups(programs), OPENED, READ.example("q", question), KNOWN)


CATEGORY = "( filter_in all_rows ['work gloves'] r.product-string ) ( hop v0 r.category-string )"
STOCK = "( filter_in all_rows ['work gloves'] r.product-string ) ( hop v0 r.in_stock-string )"


def test_features_of_a_question() -> None:
    programs = found(CATEGORY, 0.6), found("( no_answer all_rows )", 0.2), found(STOCK, 0.2)
    asked = given("What is the category of the work gloves?", *programs)
    assert set(asked) == set(FEATURES)
    assert asked["mass"] == pytest.approx(0.405, abs=1e-3)  # log(.6 / .4)
    assert asked["lead"] == pytest.approx(1.099, abs=1e-3)  # log(.75 / .25)
    assert asked["no_answer"] == pytest.approx(-1.609, abs=1e-3)  # log(.2)
    assert (asked["named"], asked["unknown"], asked["unused"]) == (1, 0, 0)
    unlike = given("Which colour of saw are the work gloves?", *programs)
    assert (unlike["named"], unlike["unknown"], unlike["unused"]) == (0, 1, 1)
    alone = given("category of work gloves", found(CATEGORY, 1.0))
    assert alone["lead"] == alone["mass"] == pytest.approx(9.21, abs=1e-2)


def test_a_confidence_is_a_logistic_regression() -> None:
    calibration = Calibration(0.5, dict.fromkeys(FEATURES, 0.25))
    assert calibration.confidence(dict.fromkeys(FEATURES, 0.0)) == pytest.approx(0.6225, abs=1e-4)
