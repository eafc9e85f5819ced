"""Which strings and numbers of a question its programs may use."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.interpreters.tables.annotated import AnnotatedCell
from sparse_rl.interpreters.tables.constants import Constant, find_constants
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.text import STOP_WORDS, normalise, numerals, tokenize


def constants(question: str, *cells: str, numbers: bool = False) -> tuple[Constant, ...]:
    rows = [[cell, 1] for cell in cells]
    table = Table("t", ["a", "b"], ["text", "real" if numbers else "text"], rows)
    return find_constants(question, tokenize(question), table)


def strings(question: str, *cells: str) -> list[tuple[str, int, int]]:
    found = constants(question, *cells)
    return [(c.value[0], c.start, c.end) for c in found if isinstance(c.value, tuple)]


@pytest.mark.parametrize(
    ("question", "cells", "found"),
    [
        ("Peru won?", ["Peru"], [("peru", 0, 1)]),
        ("did Peru win?", ["South Peru"], [("peru", 1, 2)]),
        ("who is Karel Hromadka", ["Karel  Hromádka"], [("karel hromadka", 2, 4)]),
        ("the 2001-02 season", ["2001 - 02"], [("2001 02", 1, 4)]),
        ("Shaquille O'Neal's team", ["o'neal"], [("o neal", 1, 4)]),
        ("is it (los) angeles?", ["los-angeles"], [("los angeles", 3, 6)]),
        ("a win in perugia", ["peru"], []),
        ("peru", [""], []),
        ("- ?", ["-"], []),
        ("", ["peru"], []),
    ],
)
def test_matches_and_their_spans(
    question: str, cells: list[str], found: list[tuple[str, int, int]]
) -> None:
    assert strings(question, *cells) == found


def test_stop_words_alone_must_be_a_whole_cell() -> None:
    assert strings("what is the of", "the who of is") == []
    assert strings("the who", "The", "the who") == [("the who", 0, 2), ("the", 0, 1)]
    assert strings("what of it", "state of it all") == []
    assert strings("what of it?", "of it") == [("of it", 1, 3)]


def test_spans_are_maximal() -> None:
    assert strings("a los angeles rams fan", "los angeles rams", "angeles city") == [
        ("los angeles rams", 1, 4)
    ]
    overlapping = strings("red blue green", "red blue x", "blue green x")
    assert overlapping == [("red blue", 0, 2), ("blue green", 1, 3)]


def test_whole_cells_inside_longer_spans_are_found_too() -> None:
    found = strings("new york city", "new york city", "york", "new york", "city hall")
    assert found == [("new york city", 0, 3), ("new york", 0, 2), ("york", 1, 2)]


def test_the_first_of_equal_mentions_counts() -> None:
    assert strings("peru or peru", "peru") == [("peru", 0, 1)]


def test_numbers_only_where_a_column_has_some() -> None:
    assert constants("more than 2 or two", "x") == ()
    found = constants("more than 2 or two but 1.5 million", "x", numbers=True)
    assert found == (Constant(2.0, 2, 3), Constant(1.5, 6, 7), Constant(1.5e6, 6, 8))
    assert {c.kind for c in found} == {"number"}


def test_alternatives_are_one_constant_too() -> None:
    found = constants("was it peru or south chile or brazil", "Peru", "South Chile", "Brazil")
    assert [(c.value, c.start, c.end) for c in found[3:]] == [
        (("peru", "south chile"), 2, 6),
        (("south chile", "brazil"), 4, 8),
    ]
    assert len(constants("peru and chile", "Peru", "Chile")) == 2
    assert len(constants("peru or Peru", "Peru")) == 1


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("in june 2011", [("2011-06-xx", 1, 3)]),
        ("on 26 July 2010", [("2010-07-26", 1, 4)]),
        ("on july 26th, 2010?", [("2010-07-26", 1, 5)]),
        ("since 1950", [("1950-xx-xx", 1, 2)]),
        ("2001-02 or 12345", [("2001-xx-xx", 0, 1)]),
        ("who may march in june", []),
        ("on september 11", [("xxxx-09-11", 1, 3)]),
    ],
)
def test_dates_where_a_column_has_some(question: str, said: list[tuple[str, int, int]]) -> None:
    day = [[AnnotatedCell("x", date=Date(1999))]]
    table = Table.annotated("t", ["day"], day)
    found = find_constants(question, tokenize(question), table)
    assert [(str(c.value), c.start, c.end) for c in found] == said
    assert {c.kind for c in found} <= {"date"}


def test_a_bare_year_is_a_number_and_a_date() -> None:
    table = Table.annotated("t", ["day"], [[AnnotatedCell("1999", 1999.0, date=Date(1999))]])
    found = find_constants("in 1999", tokenize("in 1999"), table)
    assert [c.value for c in found] == [("1999",), 1999.0, Date(1999)]


def test_strings_come_before_numbers() -> None:
    found = constants("2 for peru in round 3", "peru", "3", numbers=True)
    assert [c.value for c in found] == [("peru",), ("3",), 2.0, 3.0]
    assert [c.kind for c in found] == ["string", "string", "number", "number"]


words = st.sampled_from(["peru", "los", "angeles", "the", "who", "7", "-", "2.5", "o'neal"])
phrases = st.lists(words, max_size=4).map(" ".join)


@given(st.lists(words, max_size=8).map(" ".join), st.lists(phrases, max_size=6))
def test_constants_are_those_of_the_definition(question: str, cells: list[str]) -> None:
    """Against all spans tried one by one."""
    tokens = tokenize(question)
    keys = {normalise(cell) for cell in cells}
    at = [i for i, token in enumerate(tokens) if token.is_word]
    spans = {
        (i, j): " ".join(tokens[k].text for k in at[i:j])
        for i in range(len(at))
        for j in range(i + 1, len(at) + 1)
    }
    inside = {s for s, phrase in spans.items() if any(f" {phrase} " in f" {k} " for k in keys)}
    expected = set()
    for i, j in inside:
        maximal = not any(a <= i and j <= b for a, b in inside - {(i, j)})
        content = not set(spans[i, j].split()) <= STOP_WORDS
        if spans[i, j] in keys or (maximal and content):
            expected.add(spans[i, j])
    assert {value for value, _, _ in strings(question, *cells)} == expected


@given(st.lists(words, max_size=8).map(" ".join), st.lists(phrases, max_size=6), st.integers())
def test_order_does_not_depend_on_the_rows(question: str, cells: list[str], seed: int) -> None:
    shuffled = random.Random(seed).sample(cells, len(cells))
    assert constants(question, *cells) == constants(question, *shuffled)


@given(st.text(max_size=30), st.lists(st.text(max_size=10), max_size=4))
def test_spans_say_the_values(question: str, cells: list[str]) -> None:
    tokens = tokenize(question)
    said = {(n.start, n.end): n.value for n in numerals(question, tokens)}
    for constant in constants(question, *cells, numbers=True):
        if isinstance(constant.value, tuple):
            span = tokens[constant.start : constant.end]
            assert " ".join(t.text for t in span if t.is_word) == constant.value[0]
        else:
            assert said[constant.start, constant.end] == constant.value
