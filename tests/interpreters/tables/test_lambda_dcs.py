"""Logical forms as S-expressions: parsing inverts formatting, and errors name the line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.errors import ProgramSyntaxError
from sparse_rl.interpreters.tables.lambda_dcs import LogicalForm, format_form, parse_forms

symbols = st.from_regex(r"[^\s()\"#][^\s()\"]{0,8}", fullmatch=True)
quoted = st.from_regex(r'"([^"\\\n\r]|\\.){0,8}"', fullmatch=True).filter(lambda t: "\n" not in t)
forms: st.SearchStrategy[LogicalForm] = st.recursive(
    symbols | quoted, lambda part: st.lists(part, max_size=4).map(tuple), max_leaves=20
)


def numbered(text: str) -> list[tuple[int, str]]:
    return list(enumerate(text.split("\n"), 1))


@given(st.lists(forms, max_size=4), st.sampled_from([" ", "\n", " # a comment (\n", "\n\n  "]))
def test_parsing_inverts_formatting(found: list[LogicalForm], between: str) -> None:
    text = between.join(map(format_form, found))
    assert [form for _, form in parse_forms(numbered(text))] == found


@given(forms)
def test_blanks_and_lines_within_a_form_mean_nothing(form: LogicalForm) -> None:
    text = format_form(form)
    if '"' not in text:
        text = text.replace(" ", "\n\t")
    assert [found for _, found in parse_forms(numbered(text))] == [form]


def test_a_form_has_the_number_of_its_first_line() -> None:
    text = "# three forms\na\n\n(b\n(c))\n(d)"
    assert [number for number, _ in parse_forms(numbered(text))] == [2, 4, 6]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("(a)\n(b (c", r"^close '\(' with '\)' \(x\.examples, line 2\)$"),
        ("(a)\n\n)", r"^remove '\)', or open it before \(x\.examples, line 3\)$"),
        ('(a\n"b)', r"^close the quotes on this line \(x\.examples, line 2\)$"),
    ],
)
def test_an_error_says_what_to_do_and_where(text: str, told: str) -> None:
    with pytest.raises(ProgramSyntaxError, match=told):
        list(parse_forms(numbered(text), "x.examples"))
