"""Normal form, tokens and numerals."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.interpreters.tables.text import fold, normalise, numerals, stem, tokenize


@given(st.text())
def test_normal_forms_are_fixed_points(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert normalise(normalise(text)) == normalise(text)
    assert normalise(fold(text)) == normalise(text)


@given(st.text())
def test_tokens_lie_where_they_say(text: str) -> None:
    folded, tokens = fold(text), tokenize(text)
    assert all(folded[t.start : t.end] == t.text for t in tokens)
    assert all(a.end <= b.start for a, b in pairwise(tokens))
    gaps = set(range(len(folded))) - {i for t in tokens for i in range(t.start, t.end)}
    assert all(not folded[i].isalnum() for i in gaps), "every letter and digit is in a token"


@given(st.text())
def test_words_among_tokens_are_the_normal_form(text: str) -> None:
    """Constants are matched token by token, so the two must cut text alike."""
    assert " ".join(t.text for t in tokenize(text) if t.is_word) == normalise(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Göschen 1,200", "goschen 1200"),
        ("1,234,567.5", "1234567.5"),
        ("1,2,3 and 12,3456", "1,2,3 and 12,3456"),
        ("ÉTÉ İstanbul", "ete istanbul"),
        ("½ m²", "1⁄2 m2"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("7-3", "7 3"),
        ("o'neal", "o neal"),
        ("v1.5", "v1 5"),
        ("1.5.2010", "1.5 2010"),
        ("snake_case", "snake case"),
        (" -- ", ""),
    ],
)
def test_normalise(text: str, words: str) -> None:
    assert normalise(text) == words


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("12,467", [12467]),
        ("$1,200.50 or 50%", [1200.5, 50]),
        ("the first, second and twelfth", [1, 2, 12]),
        ("two", [2]),
        ("3rd and 21st", [3, 21]),
        ("1.5 million", [1.5, 1.5e6]),
        ("two thousand", [2, 2000]),
        ("twenty one", [21]),
        ("twenty-one", [21]),
        ("thirty-first", [31]),
        ("twenty two million", [22, 22e6]),
        ("twenty", [20]),
        ("a loss of -5", [-5]),
        ("+2", [2]),
        ("-12,467", [-12467]),
        ("a record of 7-3", [7, 3]),
        ("2001-02", [2001, 2]),
        ("10km, b52, 4x4", []),
        ("1.2.3", [1.2]),
        ("", []),
    ],
)
def test_numerals(text: str, values: list[float]) -> None:
    assert [n.value for n in numerals(text, tokenize(text))] == values


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("more than 1.5 million fans", ["1.5", "1.5 million"]),
        ("a loss of -5 points", ["-5"]),
        ("the twenty-first", ["twenty-first"]),
        ("12,467 people", ["12467"]),
    ],
)
def test_numerals_span_the_tokens_that_say_them(text: str, said: list[str]) -> None:
    folded, tokens = fold(text), tokenize(text)
    spans = [(tokens[n.start].start, tokens[n.end - 1].end) for n in numerals(text, tokens)]
    assert [folded[start:end] for start, end in spans] == said


@given(st.text(alphabet="0123456789-+., tweny-onemilrdsh"))
def test_numerals_never_fail(text: str) -> None:
    tokens = tokenize(text)
    assert all(0 <= n.start < n.end <= len(tokens) for n in numerals(text, tokens))


@pytest.mark.parametrize(
    "words",
    [
        "hive hives", "borehole boreholes", "sailing sailings sail sailed", "shelf shelves",
        "city cities", "box boxes", "class classes", "invoice invoices invoiced",
        "translator translators translating", "inspect inspected inspection inspections",
        "pay paid payment pays", "win won wins", "deep deeper deepest depth",
        "deliver delivered delivery", "plan planned", "heavy heavier heaviest weight",
        "owe owes owed", "insure insured insurance",
    ],
)  # fmt: skip
def test_forms_of_a_word_share_a_stem(words: str) -> None:
    assert len({stem(word) for word in words.split()}) == 1


@pytest.mark.parametrize("words", ["status state", "thing th", "ring r", "paper pap", "forest for"])
def test_other_words_do_not(words: str) -> None:
    one, other = words.split()
    assert stem(one) != stem(other)


@given(st.text(alphabet="abcdefghilmnoprstuvy", min_size=1, max_size=14))
def test_a_stem_is_no_longer_and_never_empty(word: str) -> None:
    found = stem(word)
    assert found
    assert len(found) <= len(word) or len(word) <= 6  # "depth" is of "deep", "won" of "win".
