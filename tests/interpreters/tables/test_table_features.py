"""The 12 features on questions that can be counted by hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from sparse_rl.interpreters.tables.constants import Constant
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import wikisql_language
from sparse_rl.interpreters.tables.program import Program, parse_program
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.table_features import TABLE_FEATURES, clues, table_features
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.tables.text import tokenize
from sparse_rl.interpreters.tables.triggers import Triggers

LANGUAGE = wikisql_language()
ROWS = [("saint lucia", 2001, 7), ("peru", 2002, 3)]
# Overlaps with the question: nation 1/1, "year of the games" 1/2 (of, the are stop words), golds 0.
TABLE = Table("t", ("Nations", "Year of the Games", "Golds"), ("text", "real", "real"), ROWS)
QUESTION = "In what year did the nation Saint Lucia or Peru win 7 or more than 3 ?"


def example(*constants: Constant) -> Example:
    tokens = tuple(token.text for token in tokenize(QUESTION))
    return Example("q", QUESTION, tokens, TABLE, constants, None)


def constant(value: tuple[str, ...] | float, first: str, length: int = 1) -> Constant:
    start = [token.text for token in tokenize(QUESTION)].index(first)
    return Constant(value, start, start + length)


LUCIA = constant(("saint lucia",), "saint", 2)
PERU = constant(("peru",), "peru")
SEVEN, THREE = constant(7.0, "7"), constant(3.0, "3")


def features(text: str, *constants: Constant, **rules: list[str]) -> list[float]:
    program = parse_program(text, LANGUAGE)
    question = clues(example(*constants), Triggers.from_state_dict(rules))
    return list(table_features(question, program, 4))


def test_every_feature_of_a_program() -> None:
    """Five tokens of constants: saint lucia, peru, 7, 3. Used: saint lucia and 3."""
    text = (
        "( filter_in all_rows ['saint lucia'] r.nations-string ) "
        "( filter_gt v0 [3] r.golds-number ) ( hop v1 r.year_of_the_games-number ) <END>"
    )
    expected = [
        3 / 5,  # 1 tokens of constants
        0.0,  # 2 no dates
        2 / 3,  # 3 strings
        1 / 2,  # 4 numbers
        2 / 4,  # 5 constants
        1.0,  # 6 the longest
        1.0,  # 7 nations 1 and year .5 of 1.5
        1.0,  # 8 two of two that overlap
        1.0,  # 9 nations is the best
        1 / 4,  # 10 three expressions of at most four
        0.0,  # 11 no triggers given
        (2 * 2 + 2) / ((2 * 4 + 2) * 3),  # 12
    ]
    assert features(text, LUCIA, PERU, SEVEN, THREE) == pytest.approx(expected)


def test_what_is_used_twice_counts_once_and_what_is_not_asked_for_never() -> None:
    text = (
        "( filter_gt all_rows [3] r.golds-number ) ( filter_lt v0 [3] r.golds-number ) ( count v1 )"
    )
    expected = [1 / 2, 0, 0, 1, 1 / 2, 1, 0, 0, 0, 1 / 4, 0, 2 / ((2 * 2 + 2) * 3)]
    assert features(text, PERU, THREE) == pytest.approx(expected)


def test_the_second_best_column_and_a_shorter_constant() -> None:
    text = "( filter_in all_rows ['peru'] r.nations-string ) ( maximum v0 r.golds-number )"
    found = features(text, LUCIA, PERU)
    assert found[:9] == pytest.approx([1 / 3, 0, 1 / 3, 0, 1 / 2, 0, 1 / 1.5, 1 / 2, 1])
    found = features("( maximum all_rows r.year_of_the_games-number )", LUCIA)
    assert found[6:9] == pytest.approx([0.5 / 1.5, 1 / 2, 0])


def test_overlapping_spans_cover_their_tokens_once() -> None:
    lucia = constant(("lucia",), "lucia")
    text = "( filter_in all_rows ['lucia'] r.nations-string ) ( count v0 )"
    found = features(text, LUCIA, lucia)
    assert (found[0], found[4], found[5]) == pytest.approx((1 / 2, 1 / 2, 0))


def test_triggers_are_words_or_tags() -> None:
    text = "( filter_gt all_rows [3] r.golds-number ) ( count v0 )"
    assert features(text, THREE, filter_gt=["more"], count=["many"])[10] == 1 / 2
    assert features(text, THREE, filter_gt=["above"], sum=["more"])[10] == 0.0
    program = parse_program(text, LANGUAGE)
    tagged = replace(example(THREE), pos_tags=("JJR",))
    question = clues(tagged, Triggers.from_state_dict({"filter_gt": ["JJR"]}))
    assert table_features(question, program, 4)[10] == 1.0


def test_a_question_that_offers_nothing() -> None:
    empty = Example("q", "?", ("?",), TABLE, (), None)
    program = parse_program("( hop all_rows r.golds-number )", LANGUAGE)
    assert table_features(clues(empty), program, 4) == (0,) * 9 + (3 / 4, 0, 0)


def test_all_features_of_random_programs_are_shares(
    random_example: Callable[..., Example], random_walk: Callable[..., object]
) -> None:
    for seed in range(50):
        rng = random.Random(seed)
        question = random_example(rng)
        world = TableWorld(question, LANGUAGE)
        program: Program = world.program(random_walk(world, rng).actions)  # type: ignore[attr-defined]
        found = table_features(clues(question), program, LANGUAGE.max_expressions)
        assert len(found) == TABLE_FEATURES
        assert all(0.0 <= value <= 1.0 for value in found)
