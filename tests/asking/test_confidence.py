"""How sure an answer is, and which weights a calibration belongs to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparse_rl.asking.calibration_file import (
    calibration_path,
    read_calibration,
    write_calibration,
)
from sparse_rl.asking.confidence import FEATURES, Calibration, features, is_named
from sparse_rl.asking.found_programs import FoundProgram
from sparse_rl.asking.tables import OpenTable
from sparse_rl.datamodules.tables.reading import ANNOTATED
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.errors import CheckpointError
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
    return features(programs, OPENED, READ.example("q", question), KNOWN)


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


@pytest.mark.parametrize(
    ("header", "word", "named"),
    [
        ("Invoices", "invoice", True),
        ("Country", "countries", True),
        ("Date of birth", "of", False),
        ("Published", "publisher", True),
        ("Age", "ages", True),
        ("Carrier", "car", False),
    ],
)
def test_a_word_names_a_header_up_to_its_ending(header: str, word: str, named: bool) -> None:
    assert is_named(header, [word]) == named


def test_a_calibration_belongs_to_its_weights(tmp_path: Path) -> None:
    checkpoint = tmp_path / "model.ckpt"
    checkpoint.write_bytes(b"one")
    assert read_calibration(checkpoint) == (None, "")
    calibration = Calibration(0.5, dict.fromkeys(FEATURES, 0.25))
    assert write_calibration(checkpoint, calibration) == calibration_path(checkpoint)
    assert read_calibration(checkpoint) == (calibration, "")
    assert calibration.confidence(dict.fromkeys(FEATURES, 0.0)) == pytest.approx(0.6225, abs=1e-4)
    checkpoint.write_bytes(b"other")
    none, note = read_calibration(checkpoint)
    assert none is None and "belongs to other weights than model.ckpt" in note


@pytest.mark.parametrize("content", ["{", "[]", '{"intercept": 1}', '{"weights": {"mass": 1}}'])
def test_a_damaged_calibration_ends_in_one_line(content: str, tmp_path: Path) -> None:
    checkpoint = tmp_path / "model.ckpt"
    checkpoint.write_bytes(b"one")
    calibration_path(checkpoint).write_text(content)
    with pytest.raises(CheckpointError, match=r"calibrate_model\.py"):
        read_calibration(checkpoint)


def test_a_calibration_is_numbers_alone(tmp_path: Path) -> None:
    checkpoint = tmp_path / "model.ckpt"
    checkpoint.write_bytes(b"one")
    write_calibration(checkpoint, Calibration(0.5, dict.fromkeys(FEATURES, 1.0)))
    content = json.loads(calibration_path(checkpoint).read_text())
    assert set(content) == {"checkpoint", "intercept", "weights", "answerable"}
    assert set(content["weights"]) == set(FEATURES)
