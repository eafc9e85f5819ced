"""Questions: a table of examples per rule, and what holds for any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparse_rl.annotation import annotate_cell, annotate_question
from sparse_rl.annotation.entities import entities
from sparse_rl.annotation.tags import tag
from sparse_rl.annotation.tokens import tokenize

ROUGH = st.text() | st.text("aZ19 .,-–/'\"()$%#:\n½²élan\u0301\xa0<>&", max_size=40)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("who's first?", "who 's first ?"),
        ("didn't he?", "did n't he ?"),
        ("cannot", "can not"),
        ("the women's 200 metres", "the women 's 200 metres"),
        ("a u-boat of the H-II", "a u boat of the h ii"),
        ("sr-1 in 2012-2013", "sr-1 in 2012-2013"),
        ("6-3,6-3", "6-3 ,6 -3"),
        ("country(s) [1]", "country -lrb- s -rrb- -lsb- 1 -rsb-"),
        ('on "the sagas of..." album', "on `` the sagas of ... '' album"),
        ("in 1995/96, city/town", "in 1995\\/96 , city\\/town"),
        ("over $1,500,000.50", "over $ 1,500,000.50"),
        ("£1.00 and #4", "# 1.00 and # 4"),
        ("5.1%", "5.1 %"),
        ("-7 or +10.5", "-7 or +10.5"),
        ("1:20:45 and 7:05pm", "1:20:45 and 7:05 pm"),
        ("5000m, 2.4m", "5000m , 2.4 m"),
        ("mr. wu of the u.s.", "mr. wu of the u.s."),
        ("no. 1, the no.", "no. 1 , the no ."),
        ("1930–31 — x", "1930 -- 31 -- x"),
        ("theatre, Theatre, labour", "theater , theatre , labor"),
        ("www.habbo.nl d'arrest", "www.habbo.nl d'arrest"),
        ("AT&T", "at&t"),
        ("Smith Jr.", "smith jr. ."),
    ],
)
def test_tokens(text: str, tokens: str) -> None:
    assert tokenize(text) == tokens.split()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("two of 12,467 and .5", [("NUMBER", "2.0"), ("NUMBER", "12467.0"), ("NUMBER", "0.5")]),
        ("more than 1.5 million", [("NUMBER", ">1500000.0")]),
        ("over 100 billion", [("NUMBER", ">1.0E11")]),
        ("10 or more, at least 2", [("NUMBER", ">=10.0"), ("NUMBER", ">=2.0")]),
        ("below 5", [("NUMBER", "<5.0")]),
        ("between 2 and 3", [("NUMBER", "2.0-3.0")]),
        ("won 2-0", [("NUMBER", "2.0 - 0.0")]),
        ("the first and the 3rd", [("ORDINAL", "1.0"), ("ORDINAL", "3.0")]),
        ("1st and 2nd", [("ORDINAL", "1.0")]),
        ("above $400,000", [("MONEY", ">$400000.0")]),
        ("below 25%", [("PERCENT", "<%25.0")]),
        ("4 weeks", [("DURATION", "4.0"), ("NUMBER", "0.0")]),
        ("july 26, 2010", [("DATE", "2010-07-26")]),
        ("26 July 2010", [("DATE", "2010-07-26")]),
        ("Oct 2004", [("DATE", "2004-10")]),
        ("on october 24th", [("DATE", "XXXX-10-24")]),
        ("in may, which may", [("DATE", "XXXX-05")]),
        ("11/09/2013", [("DATE", "2013-11-09")]),
        ("03/22/82", [("DATE", "XX82-03-22")]),
        ("2004-11-26", [("DATE", "2004-11-26")]),
        ("30.11.1962", [("DATE", "1962-11-30")]),
        ("in the year 2012", [("DATE", "2012")]),
        ("between 1982 and 1995", [("DATE", "1982/1995")]),
        ("from 2000 to 2010", [("DATE", "2000/2010")]),
        ("2002 or 2003", [("DATE", "2002"), ("DATE", "2003")]),
        ("in the 1990s", [("DATE", "199X")]),
        ("the 16th century", [("DATE", "15XX")]),
        ("the 2002 winter olympics", [("DATE", "2002-WI")]),
        ("the last year", [("DATE", "PREV_IMMEDIATE P1Y")]),
        ("the same year", [("DATE", "THIS P1Y")]),
        ("the month of october", [("DATE", "THIS P1M INTERSECT XXXX-10")]),
        ("the year after 1936", [("DATE", "1937")]),
        ("october in 1969", [("DATE", "1969-10")]),
        ("the month of october in 1969", [("DATE", "THIS P1M INTERSECT XXXX-10 INTERSECT 1969")]),
        ("on the fifth of may", [("DATE", "XXXX-05-05")]),
        ("10 years after 1990", [("DATE", "2000")]),
        ("the year before he won", [("DATE", "THIS P1Y")]),
        ("years from 2001 to 2013", [("DATE", "2002"), ("DATE", "2002/2013")]),
        ("the '90s and the mid-1990s", [("DATE", "XX9X"), ("DATE", "199X")]),
        ("the nineteenth century", [("DATE", "18XX")]),
        ("before 300 b.c.", [("DATE", "-0300")]),
        ("in late may", [("DATE", "XXXX-05")]),
        ("did they fall in 2005", [("DATE", "2005")]),
        ("above 1000 students", [("NUMBER", ">1000.0")]),
        ("above 1000?", [("DATE", "1000")]),
        ("the first year", [("DURATION", "")]),
        ("at 3:45", [("TIME", "T03:45")]),
    ],
)
def test_values(text: str, found: list[tuple[str, str]]) -> None:
    assert [(entity.tag, entity.value) for entity in entities(tokenize(text))] == found


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("who has more golds than peru?", "more", "JJR"),
        ("the most common result", "most", "RBS"),
        ("at least two", "least", "JJS"),
        ("the highest score", "highest", "JJS"),
        ("which is taller?", "taller", "JJR"),
        ("three years earlier", "earlier", "RBR"),
        ("which other number", "other", "JJ"),
        ("who won?", "won", "VBD"),
        ("how many games were played?", "games", "NNS"),
        ("how many games were played?", "were", "VBD-AUX"),
    ],
)
def test_parts_of_speech(text: str, word: str, expected: str) -> None:
    tokens = tokenize(text)
    assert dict(zip(tokens, tag(tokens), strict=True))[word] == expected


def test_lemmas() -> None:
    lemmas = annotate_question("which teams won the highest medals in June?").lemmas
    assert lemmas == ("which", "team", "win", "the", "highest", "medal", "in", "June", "?")


@given(ROUGH)
def test_any_text_is_annotated_token_by_token(text: str) -> None:
    found = annotate_question(text)
    fields = (found.lemmas, found.pos_tags, found.ner_tags, found.ner_values)
    assert {len(field) for field in fields} == {len(found.tokens)}
    assert all(found.tokens)
    annotate_question.cache_clear()
    assert annotate_question(text) == found


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789 .,?!:;%", max_size=60))
def test_tokens_cover_the_text(text: str) -> None:
    """Nothing of a plain text is lost but blanks and British spelling, which has none here."""
    tokens = tokenize(text)
    whole = "".join(text.split())
    stops = 1 if "".join(tokens) == f"{whole}." else 0
    respelt = {"our", "centre", "grey", "theatre", "analog"}
    if not any(word in whole for word in respelt):
        assert len("".join(tokens)) - stops == len(whole)


WORDS = (
    "the",
    "year",
    "2010",
    "may",
    "or",
    "june",
    "5",
    "two",
    "and",
    "first",
    "of",
    ",",
    "%",
    "$",
)


@given(st.lists(st.sampled_from(WORDS)))
def test_entities_are_in_order_and_apart(tokens: list[str]) -> None:
    ends = [0]
    for entity in entities(tokens):
        assert ends[-1] <= entity.start < entity.end <= len(tokens)
        ends.append(entity.end)


@settings(max_examples=50)
@given(ROUGH)
def test_any_cell_is_annotated(text: str) -> None:
    found = annotate_cell(text)
    assert found.num2 is None or found.number is not None or "E" in text
    annotate_cell.cache_clear()
    assert annotate_cell(text) == found
