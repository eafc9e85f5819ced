"""Which rewarded programs mean the same, and which of them are kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.exploration.tables.credibility import (
    Meaning,
    credibility,
    entropy,
    fictitious_tables,
    meaning,
    mentions,
    select,
    shuffled_tables,
)
from sparse_rl.interpreters.tables.answers import ListAnswer
from sparse_rl.interpreters.tables.constants import find_constants
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import wtq_language
from sparse_rl.interpreters.tables.program import parse_program
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.table_features import clues
from sparse_rl.interpreters.tables.text import tokenize
from sparse_rl.interpreters.tables.typed_answers import SetAnswer

LANGUAGE = wtq_language()
ROWS = [("peru", "lima", 3), ("chile", "arica", 2), ("brazil", "rio", 7), ("cuba", "havana", 1)]
TABLE = Table("t", ["nation", "city", "golds"], ["text", "text", "real"], ROWS)
MEANINGS = st.lists(st.tuples(st.integers(0, 3)), min_size=1, max_size=20)


def of(text: str, tables: list[Table]) -> Meaning:
    return meaning(parse_program(text, LANGUAGE), tables, LANGUAGE, SetAnswer(("7",), ("7.0",)))


def test_programs_that_mean_the_same_agree_everywhere() -> None:
    """All of them give 7 on the table itself; two say the maximum, one the row of Brazil."""
    tables = fictitious_tables(TABLE, "key", 20)
    greatest = of("( maximum all_rows r.golds-number )", tables)
    also = of("( argmax all_rows r.golds-number ) ( hop v0 r.golds-number )", tables)
    by_name = of(
        "( filter_in all_rows ['brazil'] r.nation-string ) ( hop v0 r.golds-number )", tables
    )
    by_city = of("( filter_in all_rows ['rio'] r.city-string ) ( hop v0 r.golds-number )", tables)
    assert greatest == also
    assert len({greatest, by_name, by_city}) == 3
    assert None in by_city, "a dropped row leaves it without a value"
    assert credibility([greatest, by_name, also, by_city], [0] * 4) == [0.5, 0.25, 0.5, 0.25]


def test_only_functions_of_position_see_the_order_of_the_rows() -> None:
    tables = shuffled_tables(TABLE, "key", 10)
    assert len(set(of("( maximum all_rows r.golds-number )", tables))) == 1
    assert len(set(of("( hop all_rows r.golds-number )", tables))) == 1, "a set"
    assert len(set(of("( last all_rows ) ( hop v0 r.golds-number )", tables))) > 1


def test_answers_are_compared_as_the_gold_answer_does() -> None:
    assert ListAnswer(("a", "b")).key(("b", "a")) != ListAnswer(("a", "b")).key(("a", "b"))
    gold = SetAnswer(("1", "2"), ("1.0", "2.0"))
    assert gold.key((1.0, "2")) == gold.key(("2", 1, 1)) != gold.key((1.0,))


def test_votes_of_programs_that_use_the_question_count_more() -> None:
    question = "how many golds did rio in brazil win?"
    tokens = tokenize(question)
    constants = find_constants(question, tokens, TABLE)
    words = tuple(token.text for token in tokens)
    example = Example("q", question, words, TABLE, constants, ListAnswer((7,)))
    city = "( filter_in all_rows ['rio'] r.city-string ) "
    both = city + "( filter_in v0 ['brazil'] r.nation-string ) ( hop v1 r.golds-number )"
    used = [
        mentions(parse_program(text, LANGUAGE), clues(example))
        for text in ("( count all_rows )", city + "( hop v0 r.golds-number )", both)
    ]
    assert used == [0, 2, 3], "constants, and the column of golds"
    assert credibility([("a",), ("b",), ("c",)], used) == [1 / 81, 16 / 81, 64 / 81]


@given(MEANINGS, st.sampled_from((0.0, 0.3, 0.5, 1.0)), st.integers(0, 3))
def test_what_is_kept(meanings: list[Meaning], keep: float, per_class: int) -> None:
    shares = credibility(meanings, [meaning[0] % 2 for meaning in meanings])
    assert sum(dict(zip(meanings, shares, strict=True)).values()) == pytest.approx(1)
    kept = select(meanings, shares, keep, per_class)
    assert len(kept) == len(set(kept)) > 0
    assert [shares[p] for p in kept] == sorted((shares[p] for p in kept), reverse=True)
    enough = {m for m, s in zip(meanings, shares, strict=True) if s >= keep * max(shares)}
    assert {meanings[p] for p in kept} == enough
    for one in enough:
        of_it = [p for p, m in enumerate(meanings) if m == one]
        assert [p for p in kept if meanings[p] == one] == of_it[: per_class or None]


@given(MEANINGS)
def test_entropy_is_least_where_all_agree(meanings: list[Meaning]) -> None:
    assert 0 <= entropy(meanings) <= len(meanings).bit_length()
    assert (entropy(meanings) == 0) == (len(set(meanings)) == 1)


def test_nothing_is_kept_of_nothing() -> None:
    assert credibility([], []) == [] and select([], [], 0.5) == []
