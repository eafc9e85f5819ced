"""Programs as text, and running them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.errors import ExecutionError, ProgramSyntaxError
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.functions import medals
from sparse_rl.interpreters.tables.language import wikisql_language, wtq_language
from sparse_rl.interpreters.tables.program import (
    END,
    Expression,
    Program,
    format_constant,
    format_program,
    parse_program,
    run_program,
)
from sparse_rl.interpreters.tables.signature import OneRow, Ordered, Strings

LANGUAGE = wikisql_language()
WTQ = wtq_language(max_expressions=4)
FILTER = "( filter_in all_rows ['peru'] r.nation-string )"

strings = st.lists(st.text(), min_size=1, max_size=3).map(tuple)
numbers = st.floats(allow_nan=False) | st.integers(-(10**30), 10**30).map(float)
dates = st.builds(
    Date, st.integers(-5000, 20000), st.none() | st.integers(1, 12), st.none() | st.integers(1, 31)
) | st.builds(Date, st.none(), st.integers(1, 12), st.none() | st.integers(1, 31))
property_names = st.from_regex(r"r\.[^\s()\[\]']{1,12}-(string|number|date)", fullmatch=True)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Well-formed programs, whether or not they could run on some table."""
    program = []
    for index in range(draw(st.integers(1, WTQ.max_expressions))):
        function = draw(st.sampled_from(WTQ.functions))
        variables = st.sampled_from(["all_rows", *(f"v{i}" for i in range(index))])
        rows = draw(variables)
        kinds = {Strings: strings, Ordered: numbers | dates, OneRow: variables}
        arguments = tuple(draw(kinds.get(p, property_names)) for p in function.parameters)
        program.append(Expression(function.name, rows, arguments))
    return tuple(program)


@given(programs())
def test_parsing_inverts_formatting(program: Program) -> None:
    assert parse_program(format_program(program), WTQ) == program


@given(programs())
def test_the_end_and_blanks_are_optional(program: Program) -> None:
    text = format_program(program)
    assert parse_program(text.removesuffix(END), WTQ) == program
    assert parse_program(f"\n {text}\t", WTQ) == program


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (("peru",), "['peru']"),
        (("o'neal", "a\\b"), "['o\\'neal', 'a\\\\b']"),
        (2.0, "[2]"),
        (-0.25, "[-0.25]"),
        (1e22, "[10000000000000000000000]"),
        (1e-7, "[1e-07]"),
        (math.inf, "[inf]"),
        (Date(1950, 6), "[1950-06-xx]"),
        (Date(None, 6, 1), "[xxxx-06-01]"),
    ],
)
def test_constants_as_text(value: tuple[str, ...] | float, text: str) -> None:
    assert format_constant(value) == text


def test_lists_of_strings_as_users_write_them() -> None:
    text = "(filter_in all_rows ['a','b' , 'c',] r.x-string)(count v0)<END>"
    assert parse_program(text, LANGUAGE)[0].arguments[0] == ("a", "b", "c")


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("filter_str_contain_any", "filter_in"),
        ("filter_eq_number", "filter_eq"),
        ("filter_str_contain_not_any", "filter_not_in"),
        ("filter_not_eq", "filter_ne"),
        ("same", "same_as"),
        ("filter_greater", "filter_gt"),
        ("filter_less", "filter_lt"),
        ("max", "maximum"),
        ("min", "minimum"),
    ],
)
def test_aliases(alias: str, name: str) -> None:
    constant = {"filter_in": "['peru'] ", "filter_not_in": "['peru'] "}.get(
        name, "[2] " if name.startswith("filter") else ""
    )
    text = "( {} all_rows " + constant + "r.x-string )"
    expected = parse_program(text.format(name), WTQ)
    assert parse_program(text.format(alias), WTQ) == expected
    assert expected[0].function == name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at least one expression"),
        ("<END>", "at least one expression"),
        ("count all_rows", "write every expression as"),
        ("( count all_rows", "write every expression as"),
        ("( count all_rows ) )", "write every expression as"),
        ("( count all_rows ) <END> ( count all_rows )", "write every expression as"),
        ("( )", "no function ''"),
        ("( mode all_rows r.x-string )", "no function 'mode'"),
        ("( ['count'] all_rows )", "no function ''"),
        ("( count )", "give count its rows and 0 more"),
        ("( count all_rows r.x-string )", "give count its rows and 0 more"),
        ("( hop all_rows )", "give hop its rows and 1 more"),
        ("( count v0 )", "an earlier variable, not 'v0'"),
        ("( count rows )", "an earlier variable, not 'rows'"),
        (f"{FILTER} ( count v1 )", "an earlier variable, not 'v1'"),
        ("( hop all_rows [2] )", "fix argument 2.0 of hop"),
        ("( hop all_rows ['x'] )", r"fix argument \('x',\) of hop"),
        ("( hop all_rows ( )", "close every expression"),
        ("( filter_in all_rows [2] r.x-string )", "fix argument 2.0 of filter_in"),
        ("( filter_eq all_rows ['2'] r.x-number )", "fix argument"),
        ("( filter_in all_rows [] r.x-string )", r"fix the program at ' \[\]"),
        ("( filter_in all_rows ['peru r.x-string )", r"fix the program at"),
        ("( filter_eq all_rows [two] r.x-number )", r"fix the program at ' \[two\]"),
        ("( filter_eq all_rows [1 2] r.x-number )", r"fix the program at ' \[1 2\]"),
        ("( filter_eq all_rows [nan] r.x-number )", r"fix the program at"),
        ("( filter_in all_rows [" + "'a' " * 40 + ") <END>", "fix the program at"),
        ("( filter_eq all_rows [1950-13-xx] r.x-date )", "a month from 1 to 12"),
        ("( filter_eq all_rows [xxxx-xx-xx] r.x-date )", "at least one field"),
        (" ".join(["( count all_rows )"] * 5), "at most 4 expressions, not 5"),
    ],
)
def test_malformed_programs(text: str, said: str) -> None:
    with pytest.raises(ProgramSyntaxError, match=said):
        parse_program(text, LANGUAGE)


@given(st.text(alphabet="()[]',\\ 2.ve-", max_size=30) | st.text(max_size=30))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        program = parse_program(text, LANGUAGE)
    except ProgramSyntaxError:
        return
    assert parse_program(format_program(program), LANGUAGE) == program


def test_running_a_program() -> None:
    program = parse_program(f"{FILTER} ( hop v0 r.golds-number ) <END>", LANGUAGE)
    steps = run_program(program, medals(), LANGUAGE)
    assert [step.value for step in steps] == [0b010, (3,)]
    assert tuple(step.expression for step in steps) == program


def test_a_variable_may_be_used_twice() -> None:
    text = f"{FILTER} ( hop v0 r.nation-string ) ( maximum v0 r.golds-number )"
    steps = run_program(parse_program(text, LANGUAGE), medals(), LANGUAGE)
    assert [step.value for step in steps] == [0b010, ("peru",), (3,)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("( hop all_rows r.silver-number )", "name a Property of table medals.*r.golds-number"),
        ("( sum all_rows r.nation-string )", "name a NumberProperty.*r.golds-number"),
        ("( filter_in all_rows ['peru'] r.golds-number )", "name a StringProperty"),
        ("( filter_in all_rows ['chile'] r.nation-string )", "choose other arguments.*chile"),
        ("( filter_gt all_rows [7] r.golds-number ) ( count v0 )", "choose other arguments"),
        ("( count all_rows ) ( count v0 )", r"use rows in \( count v0 \), not an answer"),
    ],
)
def test_well_formed_programs_that_cannot_run(text: str, said: str) -> None:
    program = parse_program(text, LANGUAGE)
    with pytest.raises(ExecutionError, match=said):
        run_program(program, medals(), LANGUAGE)
