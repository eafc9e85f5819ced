"""The rules of WikiTableQuestions' evaluation, case by case."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.typed_answers import (
    SetAnswer,
    TypedValue,
    Value,
    item_text,
    official_text,
)

texts = st.text(alphabet='aB1 .-[]()"“’é|*†\n\u2028x', max_size=12) | st.text(max_size=8)
dates = st.builds(
    Date, st.integers(1, 3000), st.none() | st.integers(1, 12), st.none() | st.integers(1, 31)
)
values = texts | st.integers() | st.floats(allow_nan=False) | dates


def gold(*pairs: str | tuple[str, str]) -> SetAnswer:
    """A gold answer of texts, or of texts with their canonical forms."""
    whole = [pair if isinstance(pair, tuple) else (pair, "") for pair in pairs]
    return SetAnswer(tuple(text for text, _ in whole), tuple(canon for _, canon in whole))


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("  Bangkok,\tThailand \n", "bangkok, thailand"),
        ("Karel Hromádka", "karel hromadka"),
        ("½ × ﬁve", "1⁄2 × five"),
        ("‘a’ `b`", "'a' 'b'"),
        ("“a” and “b”", '"a" and "b"'),
        ("1–2—3−4‐5‑6‒7", "1-2-3-4-5-6-7"),
        ("Peru[1]", "peru"),
        ("Peru[note 1][2]", "peru"),
        ("Peru †‡*#+•♦", "peru"),
        ("[1]", ""),
        ("[a]", "[a]"),
        ("[a][b]", "[a]"),
        ("[1]Peru", "[1]peru"),
        ("*", ""),
        ("C#", "c"),
        ("A+ (live) [3] (1999)*", "a"),
        ("Noir (1998) (TV)", "noir"),
        ("Noir(1998)", "noir(1998)"),
        ("(1998)", "(1998)"),
        ("Noir (a (b))", "noir (a (b))"),
        ('"Noir"', "noir"),
        ('"Noir" (1998)', "noir"),
        ('"Noir (1998)"', "noir"),
        ('""Noir""', '""noir""'),
        ('"a" and "b"', '"a" and "b"'),
        ("U.S.", "u.s"),
        ("etc..", "etc."),
        ("Peru. (1)", "peru"),
        (".", ""),
        ("", ""),
    ],
)
def test_normal_form_of_text(text: str, normal: str) -> None:
    assert official_text(text) == normal


@pytest.mark.parametrize(
    ("text", "canonical", "key"),
    [
        ("12,467", "", "12,467"),
        ("12,467", "12467.0", 12467),
        ("10 years", "10.0", 10),
        ("12467", "", 12467),
        (" 12467 ", "", 12467),
        ("2.5", "", 2.5),
        ("1e3", "", 1000),
        ("-7", "", -7),
        ("2.9999999999", "", 3),
        ("nan", "", "nan"),
        ("inf", "", "inf"),
        ("1_000", "", "1_000"),
        ("1950-03-xx", "", Date(1950, 3)),
        ("XXXX-03-05", "", Date(None, 3, 5)),
        ("xx-xx-05", "", Date(None, None, 5)),
        ("1950-xx-xx", "", 1950),
        ("xx-xx-xx", "", "xx-xx-xx"),
        ("1-2-3", "", Date(1, 2, 3)),
        ("1950-13-01", "", "1950-13-01"),
        ("1-2-3-4", "", "1-2-3-4"),
        ("March 1950", "1950-03-xx", Date(1950, 3)),
        ("Peru [1]", "Peru [1]", "peru"),
    ],
)
def test_typed_value(text: str, canonical: str, key: object) -> None:
    read = TypedValue.read(text, canonical)
    assert read.key == key and type(read.key) is type(key)
    assert read.text == official_text(text)


@pytest.mark.parametrize(
    ("answer", "denotation", "right"),
    [
        (gold("Peru"), ("peru",), True),
        (gold("Peru"), ("Peru (South America)[1]",), True),
        (gold("Peru"), ("chile",), False),
        (gold("Peru"), (), False),
        (gold("Peru"), ("peru", "peru [2]"), True),
        (gold("Peru"), ("peru", "chile"), False),
        (gold("Peru", "Chile"), ("chile", "peru"), True),
        (gold("Peru", "Chile"), ("peru",), False),
        (gold("Peru", "Chile"), ("peru", "brazil"), False),
        (gold("Peru", "peru"), ("peru",), True),
        (gold("Joe Parker, Jr."), ("joe parker, jr",), True),
        (gold("4"), (4,), True),
        (gold("4"), (4.0,), True),
        (gold("4"), ("4",), True),
        (gold("4"), ("4.0",), True),
        (gold("4"), (4.5,), False),
        (gold("4"), (4, 4.0, "4"), True),
        (gold("0.3"), (0.1 + 0.2,), True),
        (gold("0.3"), (0.3 + 2e-6,), False),
        (gold("3"), (2.9999999999,), True),
        (gold("12,467"), (12467,), False),
        (gold("12,467"), ("12,467",), True),
        (gold(("12,467", "12467.0")), (12467,), True),
        (gold(("12,467", "12467.0")), ("12,467",), True),
        (gold(("10 years", "10.0")), ("10 years",), True),
        (gold(("10 years", "10.0")), ("10",), True),
        (gold(("10 years", "10.0")), ("ten",), False),
        (gold("1950"), (Date(1950),), True),
        (gold(("1950", "1950-xx-xx")), (1950,), True),
        (gold(("March 1950", "1950-03-xx")), (Date(1950, 3),), True),
        (gold(("March 1950", "1950-03-xx")), (Date(1950, 3, 1),), False),
        (gold(("March 1950", "1950-03-xx")), ("march 1950",), True),
        (gold(("March 1950", "1950-03-xx")), ("1950-03-xx",), True),
        (gold(("January 12", "xxxx-01-12")), (Date(1990, 1, 12),), False),
        (gold(("10 years", "10.0"), ("10", "10.0")), (10,), True),
        (gold("-"), ("–",), True),
        (gold("New\nYork"), ("new york",), True),
    ],
)
def test_right_answers(answer: SetAnswer, denotation: tuple[Value, ...], right: bool) -> None:
    assert answer.accepts(denotation) is right
    # A submission says the same as the reward.
    assert answer.accepts(tuple(map(item_text, denotation))) is right


def test_as_many_canonical_forms_as_texts() -> None:
    with pytest.raises(ValueError, match="zip"):
        SetAnswer(("a", "b"), ("a",)).accepts(("a",))


@given(st.lists(values, min_size=1, max_size=4))
def test_items_are_right_against_themselves(denotation: list[Value]) -> None:
    written = tuple(map(item_text, denotation))
    assert SetAnswer(written, ("",) * len(written)).accepts(denotation)


@given(values)
def test_an_item_is_one_field_of_one_line(value: Value) -> None:
    text = item_text(value)
    assert len(text.splitlines()) <= 1 and "\t" not in text


@given(texts)
def test_normal_form_collapses_and_folds(text: str) -> None:
    normal = official_text(text)
    assert normal == normal.lower().strip() and "  " not in normal


@pytest.mark.parametrize("text", ["[1]" * 2000 + "x", " (" * 2000, '"' * 5000, "*" * 5000 + "x"])
def test_hostile_text_takes_no_time(text: str) -> None:
    begin = time.perf_counter()
    official_text(text)
    assert time.perf_counter() - begin < 2
