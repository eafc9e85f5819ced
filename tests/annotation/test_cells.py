"""Cells and answers: a table of examples per rule."""

from __future__ import annotations

import pytest

from sparse_rl.annotation import annotate_cell
from sparse_rl.annotation.targets import canonical, canonical_kind
from sparse_rl.interpreters.tables.dates import Date


@pytest.mark.parametrize(
    ("text", "number", "num2"),
    [
        ("431", 431, None),
        ("1,282", 1282, None),
        ("$174,144,585", 174144585, None),
        ("-0.81", 0.81, None),
        ("3 August 1945", 3, 1945),
        ("March 30, 2013", 302013, None),
        ("c. 5,000", 0.5, 0),
        ("69-69-72-75=285", 69, 69),
        ("1905-06", 1905, 6),
        ("3.54\n(89.9)", 3.54, 89.9),
        ("12,345 people of 1 104", 12345, 1104),
        ("6th", 6, None),
        ("one", 1, None),
        ("First", 1, None),
        ("#C5E384", None, None),
        ("Peru", None, None),
        ("...", None, None),
        ("", None, None),
    ],
)
def test_numbers(text: str, number: float | None, num2: float | None) -> None:
    found = annotate_cell(text)
    assert (found.number, found.num2) == (number, num2)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("1995", Date(1995)),
        ("3000", None),
        ("January 4, 2007", Date(2007, 1, 4)),
        ("11 October 1937", Date(1937, 10, 11)),
        ("November 7", Date(None, 11, 7)),
        ("1905-06", Date(1905, 6)),
        ("1951-05-12", Date(1951, 5, 12)),
        ("11/03/94", Date(None, 11, 3)),
        ("Malaysian Open 2011", None),
        ("1869, 1894", Date(1869)),
        ("the same year", None),
    ],
)
def test_a_date_is_the_whole_cell(text: str, date: Date | None) -> None:
    assert annotate_cell(text).date == date


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Brooklyn, New York", ("Brooklyn", "New York")),
        ("a/b\nc", ("a", "b", "c")),
        ("1,282", ("1,282",)),
        ("Peru, ", ("Peru",)),
        ("", ()),
    ],
)
def test_lists(text: str, parts: tuple[str, ...]) -> None:
    assert annotate_cell(text).list == parts


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("10 years", ("10.0", "number")),
        ("1,245", ("1245.0", "number")),
        ("-3", ("-3.0", "number")),
        ("26.48%", ("26.48", "number")),
        ("2nd", ("2.0", "number")),
        ("1991", ("1991.0", "number")),
        ("5 March 1988", ("1988-03-05", "date")),
        ("October", ("xxxx-10-xx", "date")),
        ("2009-10", ("2009-10", "string")),
        ("13-8", ("13-8", "string")),
        ("2012 Olympics", ("2012 Olympics", "string")),
    ],
)
def test_canonical_answers(item: str, expected: tuple[str, str]) -> None:
    assert canonical(item) == expected


def test_an_answer_of_several_kinds_is_mixed() -> None:
    assert canonical_kind(["number", "number"]) == "number"
    assert canonical_kind(["number", "string"]) == "mixed"
