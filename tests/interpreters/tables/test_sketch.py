"""Sketches of programs and logical forms: equal exactly where the module's docstring says so."""

from __future__ import annotations

import pytest

from sparse_rl.errors import ProgramSyntaxError
from sparse_rl.interpreters.tables.annotated import AnnotatedCell
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.lambda_dcs import parse_forms
from sparse_rl.interpreters.tables.language import wtq_language
from sparse_rl.interpreters.tables.program import parse_program
from sparse_rl.interpreters.tables.sketch import (
    LEVELS,
    Sketch,
    form_sketch,
    program_sketch,
    relation_columns,
)
from sparse_rl.interpreters.tables.table import Table

LANGUAGE = wtq_language(max_expressions=4)
HEADER = ("Nation", "Golds", "Date", "Golds", "% of № (x)", "")
ROWS = [("Brazil", 7.0, 2010), ("Peru", 3.0, 2011), ("Uruguay", 2.0, 2012)]
TABLE = Table.annotated(
    "medals",
    HEADER,
    [
        [
            AnnotatedCell(nation, None, None, None, ()),
            AnnotatedCell(str(golds), golds, None, None, ()),
            AnnotatedCell(str(year), float(year), None, Date(year), ()),
            *[AnnotatedCell("1", 1.0, None, None, ())] * 3,
        ]
        for nation, golds, year in ROWS
    ],
)


def of_form(text: str) -> Sketch:
    ((_, form),) = parse_forms([(1, text)])
    return form_sketch(form).renamed(relation_columns(TABLE))


def of_program(text: str) -> Sketch:
    return program_sketch(parse_program(text, LANGUAGE), TABLE)


EQUAL = [
    ("(!r.golds (r.nation c.peru))", "( filter_in all_rows ['peru'] r.nation-string ) "
     "( hop v0 r.golds-number )"),
    ("(count (@type @row))", "( count all_rows )"),
    ("(count (!r.nation (r.golds (@p.num (>= 3)))))",
     "( filter_gt all_rows [2] r.golds-number ) ( count v0 )"),
    ("(sum (@!p.num (!r.golds (r.nation (!= c.peru)))))",
     "( filter_not_in all_rows ['peru'] r.nation-string ) ( sum v0 r.golds-number )"),
    ("(avg (@!p.num (!r.golds (@type @row))))", "( average all_rows r.golds-number )"),
    ("(max (@!p.num (!r.golds (@type @row))))", "( maximum all_rows r.golds-number )"),
    ("(max (@!p.num (!r.golds (@type @row))))",
     "( argmax all_rows r.golds-number ) ( hop v0 r.golds-string )"),
    ("(!r.nation (argmin 1 1 (@type @row) (reverse (lambda x (@!p.num (!r.golds (var x)))))))",
     "( argmin all_rows r.golds-number ) ( hop v0 r.nation-string )"),
    ("(!r.nation (argmax 1 1 (r.date (@p.date (date 2010 -1 -1))) @index))",
     "( filter_eq all_rows [2010-xx-xx] r.date-date ) ( last v0 ) ( hop v1 r.nation-string )"),
    ("(!r.nation (argmin 1 1 (@type @row) @index))",
     "( first all_rows ) ( hop v0 r.nation-string )"),
    ("(argmax 1 1 (!r.nation (@type @row)) (reverse (lambda x (count (r.nation (var x))))))",
     "( mode all_rows r.nation-string )"),
    ("(!r.nation (@next (r.nation c.peru)))",
     "( filter_in all_rows ['peru'] r.nation-string ) ( previous v0 ) ( hop v1 r.nation-string )"),
    ("(!r.nation (@!next (r.nation c.peru)))",
     "( filter_in all_rows ['peru'] r.nation-string ) ( next v0 ) ( hop v1 r.nation-string )"),
    ("(- (@!p.num (!r.golds (r.nation c.peru))) (@!p.num (!r.golds (r.nation c.brazil))))",
     "( filter_in all_rows ['peru'] r.nation-string ) "
     "( filter_in all_rows ['brazil'] r.nation-string ) ( diff v0 v1 r.golds-number )"),
    ("(and (!= c.peru) (!r.nation (r.golds (!r.golds (r.nation c.peru)))))",
     "( filter_in all_rows ['peru'] r.nation-string ) ( same_as v0 r.golds-number ) "
     "( hop v1 r.nation-string )"),
    ("(!r.nation (and (r.golds (@p.num (< 3))) (r.golds_2 (@p.num 1))))",
     "( filter_le all_rows [2] r.golds-number ) ( filter_eq v0 [1] r.golds_2-number ) "
     "( hop v1 r.nation-string )"),
    ("((reverse @p.num) ((reverse r._of_no_x) (r.null c.1)))",
     "( filter_eq all_rows [1] r.column-number ) ( hop v0 r.of_no_x-string )"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "program"), EQUAL)
def test_a_form_and_its_program_are_equal(form: str, program: str) -> None:
    assert of_form(form) == of_program(program)
    assert of_form(form).is_expressible


def test_the_pairs_above_use_every_function_of_the_language() -> None:
    used = {e.function for _, text in EQUAL for e in parse_program(text, LANGUAGE)}
    rest = {"filter_ge", "filter_lt", "filter_ne", "minimum"}
    assert used == {function.name for function in LANGUAGE.functions} - rest


@pytest.mark.parametrize("level", LEVELS)
def test_agreement_needs_its_level_and_those_before(level: str) -> None:
    human = of_form("(count (r.golds (@p.num (> 2))))")
    others = {
        "columns": "( filter_gt all_rows [2] r.golds_2-number ) ( count v0 )",
        "operations": "( filter_gt all_rows [2] r.golds-number ) ( sum v0 r.golds-number )",
        "comparisons": "( filter_lt all_rows [9] r.golds-number ) ( count v0 )",
    }
    for part, text in others.items():
        agrees = LEVELS.index(level) < LEVELS.index(part)
        assert of_program(text).agrees(human, level) is agrees


@pytest.mark.parametrize(
    "form",
    [
        "(+ (@!p.num (!r.golds (r.nation c.peru))) 1)",
        "(count (mark x (: (and (@!p.num (!r.golds (var x))) (> (!r.golds_2 (var x)))))))",
        "(max (!fb:row.consecutive.nation (r.nation c.peru)))",
        "(!r.nation (@index (< (@!index (r.nation c.peru)))))",
        "(argmin 1 1 (!r.nation (@type @row)) (reverse (lambda x (count (r.nation (var x))))))",
        "((lambda x (or (!r.golds (var x)) (!r.golds_2 (var x)))) (r.nation c.peru))",
    ],
)
def test_operations_that_programs_lack(form: str) -> None:
    assert not of_form(form).is_expressible


def test_the_columns_of_a_run_of_rows_are_read() -> None:
    form = of_form("(max (!fb:row.consecutive.nation (r.golds c.7)))")
    assert form.columns == {"r.nation", "r.golds"}


def test_headers_are_named_as_in_the_forms() -> None:
    assert relation_columns(TABLE) == {
        "nation": "r.nation",
        "golds": "r.golds",
        "date": "r.date",
        "golds_2": "r.golds_2",
        "_of_no_x": "r.of_no_x",
        "null": "r.column",
    }


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("(median (!r.golds (@type @row)))", "^use operators .* no operator 'median' in"),
        ("(argmax (!r.golds (@type @row)))", "^write argmax as"),
        ("(count ())", "^write an operator into the empty parentheses"),
    ],
)
def test_an_unreadable_form_says_what_to_do(form: str, told: str) -> None:
    with pytest.raises(ProgramSyntaxError, match=told):
        of_form(form)
