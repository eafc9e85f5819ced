"""Programs as SQL: sqlite and DuckDB give the interpreter's denotations."""

from __future__ import annotations

import importlib.util
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sparse_rl.asking.tables import open_table
from sparse_rl.datamodules.tables.reading import ANNOTATED
from sparse_rl.datamodules.tables.wikisql_format import read_questions, read_tables
from sparse_rl.datamodules.tables.wikitablequestions import annotated_table
from sparse_rl.datamodules.tables.wikitablequestions_format import (
    read_questions as wikitable_questions,
)
from sparse_rl.errors import DataError, ExecutionError
from sparse_rl.interpreters.tables.answers import same_answer
from sparse_rl.interpreters.tables.constants import find_constants
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.functions import medals
from sparse_rl.interpreters.tables.language import Language, wikisql_language, wtq_language
from sparse_rl.interpreters.tables.program import (
    Expression,
    format_program,
    parse_program,
    run_program,
)
from sparse_rl.interpreters.tables.signature import Answer
from sparse_rl.interpreters.tables.sql import run_sql, to_sql
from sparse_rl.interpreters.tables.sql_cells import MAX_LISTED, NoSQLError, reading
from sparse_rl.interpreters.tables.sql_import import ImportedTable
from sparse_rl.interpreters.tables.sql_names import column_names, quote_name
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.table_world import State, TableWorld
from sparse_rl.interpreters.tables.text import tokenize

MakeExample = Callable[[random.Random], Example]
Walk = Callable[..., State]
MakeLanguage = Callable[..., Language]
PROGRAMS_PER_EXAMPLE = 8
LANGUAGE = wikisql_language()


@cache
def duckdb_if_any() -> tuple[Any, ...]:
    """One connection for all tests: to open one takes longer than a test."""
    if importlib.util.find_spec("duckdb") is None:
        return ()
    import duckdb

    return (duckdb.connect(config={"threads": 1}),)


@contextmanager
def databases(imported: ImportedTable) -> Iterator[list[Any]]:
    """The table imported into sqlite, and into DuckDB where it is installed."""
    script = imported.script()
    with closing(sqlite3.connect(":memory:")) as lite:
        lite.executescript(script)
        for duck in duckdb_if_any():
            duck.execute(script)
        yield [lite, *duckdb_if_any()]
        for duck in duckdb_if_any():
            duck.execute(f"DROP TABLE {quote_name(imported.name)}")


def same_everywhere(query: str, imported: ImportedTable) -> Answer:
    """The answer of all databases."""
    with databases(imported) as connections:
        found = [run_sql(query, connection) for connection in connections]
    assert all(same_answer(found[0], other) for other in found), (query, found)
    return found[0]


def by_sql(text: str, table: Table, table_name: str = "t") -> Answer:
    imported = ImportedTable.of_views(table, table_name)
    query = to_sql(parse_program(text, LANGUAGE), table, LANGUAGE, imported)
    return same_everywhere(query, imported)


def check(
    example: Example,
    walk: Walk,
    rng: random.Random,
    make: MakeLanguage,
    imported: ImportedTable | None = None,
) -> None:
    """Random programs of one example, by all."""
    language = make(narrowing=rng.random() < 0.5)
    world = TableWorld(example, language)
    name = rng.choice(("t", "v0", "typed", 'my "table"'))
    imported = imported or ImportedTable.of_views(example.table, name)
    with databases(imported) as connections:
        for _ in range(PROGRAMS_PER_EXAMPLE):
            program = world.program(walk(world, rng, filtering=0.6).actions)
            value = run_program(program, example.table, language)[-1].value
            assert isinstance(value, tuple)
            value = tuple(str(v) if isinstance(v, Date) else v for v in value)
            query = to_sql(program, example.table, language, imported)
            for connection in connections:
                found = run_sql(query, connection)
                where = f"{example.id} {format_program(program)}\n{query}"
                told = f"{where}\n{value} by interpreter\n{found} by {connection}"
                assert same_answer(value, found), told


def real_examples(root: Path, rng: random.Random, number: int) -> Iterator[Example]:
    tables = read_tables(root / "wikisql" / "dev.tables.jsonl")
    questions = read_questions(root / "wikisql" / "dev.jsonl", "dev", tables)
    for question in rng.sample(questions, number):
        tokens, table = tokenize(question.text), tables[question.table_id]
        constants = find_constants(question.text, tokens, table)
        words = tuple(t.text for t in tokens)
        yield Example(question.id, question.text, words, table, constants, None)


def check_generated(
    number: int, seed: int, make: MakeExample, walk: Walk, language: MakeLanguage
) -> None:
    for index in range(number // PROGRAMS_PER_EXAMPLE):
        rng = random.Random(f"{seed}-{index}")
        check(make(rng), walk, rng, language)


def check_real(number: int, seed: int, root: Path, walk: Walk) -> None:
    rng = random.Random(seed)
    for example in real_examples(root, rng, number // PROGRAMS_PER_EXAMPLE):
        check(example, walk, rng, wikisql_language)


def test_same_denotations_on_generated_tables(
    random_example: MakeExample, random_walk: Walk
) -> None:
    check_generated(80, 1, random_example, random_walk, wikisql_language)


def test_same_denotations_on_annotated_tables(
    annotated_example: MakeExample, random_walk: Walk
) -> None:
    check_generated(80, 1, annotated_example, random_walk, wtq_language)


def test_same_denotations_on_real_tables(data_root: Path, random_walk: Walk) -> None:
    check_real(40, 1, data_root, random_walk)


OWN = """Athlete,Team,Prize,Born,Score
 Ana ,Peru,"1,200",12 June 1990,3-1
Bo,South Peru,950,5 May 1988,2-2
"O'Neal, Cy",peru,n/a,1 July 1990,
Ed,,"-2,000.5",,0-4
"""


def test_a_file_is_read_in_the_query(tmp_path: Path, random_walk: Walk) -> None:
    """Cells as in the file: blanks around them, commas, notes and dates as people write them."""
    path = tmp_path / "athletes.csv"
    path.write_text(OWN, encoding="utf-8")
    table = open_table(path, ANNOTATED)
    assert table.imported.texts(0)[0] == " Ana "
    rng = random.Random(4)
    asked = (
        "peru or south peru after 1988",
        "more than 900 on 12 june 1990",
        "cy 1 2",
        "peru without a prize",
        "no date of birth, no score or more than 900",
    )
    for question in asked:
        for _ in range(3):
            check(table.example(question), random_walk, rng, wtq_language, table.imported)


@pytest.mark.parametrize(
    ("function", "column", "condition", "answer"),
    [
        ("filter_in", "team", '"Team" IS NULL', 1),
        ("filter_not_in", "team", '"Team" IS NOT NULL', 3),
        ("filter_in", "prize", """("Prize" IS NULL OR "Prize" IN ('n/a'))""", 1),
        ("filter_not_in", "prize", """"Prize" IS NOT NULL AND NOT "Prize" IN ('n/a')""", 3),
    ],
)
def test_cells_without_a_value_are_null(
    function: str, column: str, condition: str, answer: int, tmp_path: Path
) -> None:
    path = tmp_path / "athletes.csv"
    path.write_text(OWN, encoding="utf-8")
    table = open_table(path, ANNOTATED)
    text = f"( {function} all_rows [''] r.{column}-string ) ( count v0 )"
    language = wtq_language()
    query = to_sql(parse_program(text, language), table.table, language, table.imported)
    assert f"FROM typed WHERE {condition})" in query
    assert same_everywhere(query, table.imported) == (answer,)


@pytest.mark.slow
def test_same_denotations_of_20_000_programs(
    data_root: Path,
    random_example: MakeExample,
    annotated_example: MakeExample,
    random_walk: Walk,
) -> None:
    check_generated(10_000, 2, random_example, random_walk, wikisql_language)
    check_generated(10_000, 2, annotated_example, random_walk, wtq_language)
    check_real(10_000, 2, data_root, random_walk)


@pytest.mark.slow
def test_same_denotations_of_20_000_programs_on_wikitables(
    wikitables_root: Path, random_walk: Walk
) -> None:
    rng = random.Random(3)
    questions = wikitable_questions(wikitables_root, "training")
    for question in rng.sample(questions, 20_000 // PROGRAMS_PER_EXAMPLE):
        tokens = tokenize(question.text)
        table = annotated_table(wikitables_root, question.context)
        constants = find_constants(question.text, tokens, table)
        words = tuple(token.text for token in tokens)
        example = Example(question.id, question.text, words, table, constants, None)
        check(example, random_walk, rng, wtq_language)


def test_every_variable_is_a_table_expression() -> None:
    text = (
        "( filter_in all_rows ['peru', 'brazil'] r.nation-string ) "
        "( filter_gt v0 [2.5] r.golds-number ) ( maximum v1 r.golds-number )"
    )
    imported = ImportedTable.of_views(medals(), "medals")
    assert to_sql(parse_program(text, LANGUAGE), medals(), LANGUAGE, imported) == (
        "WITH\n"
        "  typed AS (\n"
        "    SELECT row_number() OVER () AS row_id,\n"
        '      "Nation",\n'
        '      CAST("Golds" AS BIGINT) AS "Golds"\n'
        '    FROM "medals"\n'
        "  ),\n"
        "  v0 AS (SELECT * FROM typed WHERE \"Nation\" IN ('brazil', 'peru')),\n"
        '  v1 AS (SELECT * FROM v0 WHERE "Golds" > 2.5)\n'
        'SELECT max("Golds") FROM v1'
    )
    assert by_sql(text, medals(), "medals") == (7,)


def test_a_program_that_ends_in_rows_selects_them() -> None:
    text = "( filter_lt all_rows [5] r.golds-number )"
    assert by_sql(text, medals()) == (2, 3)
    query = to_sql(parse_program(text, LANGUAGE), medals(), LANGUAGE)
    assert query.endswith('SELECT * FROM typed WHERE "Golds" < 5 ORDER BY row_id')


def test_columns_are_told_apart() -> None:
    header = ["a", "A", "row_id", "", "a_2", 'say "hi"', "", "nul\0", "\ud800"]
    rows = [[str(index) for index in range(len(header))]]
    table = Table("t", header, ["text"] * len(header), rows)
    assert column_names(table) == (
        *("a", "A_2", "row_id_2", "column", "a_2_2", 'say "hi"', "column_2", "nul\ufffd", "?"),
    )
    for index, property_ in enumerate(table.properties):
        assert by_sql(f"( hop all_rows {property_.name} )", table) == (str(index),)


@pytest.mark.parametrize("text", ["o'neal", '"', "--", "a;b", "%", "x\0y", "", "\\", "\ud800"])
def test_text_is_quoted(text: str) -> None:
    """What the interpreter finds with any string, SQL finds too: here, nothing or the cell."""
    table = Table("t", ["x"], ["text"], [[text], ["peru"], [f"a {text} b"]])
    program = (Expression("filter_in", "all_rows", ((text,), "r.x-string")),)
    mask = table.containing(0, (text,))
    rows = tuple(i + 1 for i in range(table.size) if mask >> i & 1)
    query = to_sql(program, table, LANGUAGE)
    assert same_everywhere(query, ImportedTable.of_views(table)) == rows


def test_empty_cells_are_null() -> None:
    table = Table("t", ["x", "y"], ["text", "real"], [["", 1], ["a", ""], ["b", 3]])
    assert by_sql("( hop all_rows r.x-string )", table) == ("a", "b")
    assert by_sql("( filter_lt all_rows [9] r.y-number ) ( count v0 )", table) == (2,)
    assert by_sql("( average all_rows r.y-number )", table) == (2.0,)
    assert by_sql("( count all_rows )", table) == (3,)
    text = "( filter_in all_rows ['a'] r.x-string ) ( sum v0 r.y-number )"
    assert by_sql(text, table) == (), "no value, as in the interpreter"


def test_a_table_too_wide_for_sqlite_is_named() -> None:
    header = [f"c{number}" for number in range(2001)]
    table = Table("wide", header, ["text"] * len(header), [])
    with pytest.raises(DataError, match=r"at most 2000 columns for SQL.* has 2001"):
        ImportedTable.of_views(table).script()


def test_numbers_never_overflow() -> None:
    table = Table("t", ["x", "y"], ["real", "real"], [[2**62, 1], [2**62, 2.5], [-(2**62), ""]])
    assert by_sql("( hop all_rows r.x-number )", table) == (2**62, 2**62, -(2**62))
    assert by_sql("( filter_gt all_rows [4.6e18] r.x-number ) ( count v0 )", table) == (2,)
    assert by_sql("( sum all_rows r.x-number )", table) == (float(2**62),)
    for number in ("inf", "1e30", "-inf", "-0.0", "1e-07"):
        text = f"( filter_gt all_rows [{number}] r.y-number ) ( count v0 )"
        assert by_sql(text, table) == (table.compared(1, "gt", float(number)).bit_count(),)


def test_dates_are_compared_as_text_where_that_is_right() -> None:
    days = [Date(1990, 6, 12), Date(1988, 5, 5), None]
    months = [Date(1990, 6), Date(None, 7, 4), Date(-44, 3, 15)]
    for dates, signs in ((days, (True, False)), (months, (False, False))):
        table = Table.of_typed("t", ["x"], ["date"], [dates], 3)
        for date, sign in zip((Date(1989, 2), Date(None, 6)), signs, strict=True):
            program = (Expression("filter_gt", "all_rows", (date, "r.x-date")),)
            query = to_sql(program, table, wtq_language())
            assert ("substr" in query) == sign
            rows = table.compared(0, "gt", date)
            found = same_everywhere(query, ImportedTable.of_views(table))
            assert found == tuple(i + 1 for i in range(3) if rows >> i & 1)
        for name, order in (("maximum", -1), ("minimum", 0)):
            extreme = table.ranked(0)[order]
            program = (Expression(name, "all_rows", ("r.x-date",)),)
            query = to_sql(program, table, wtq_language())
            assert same_everywhere(query, ImportedTable.of_views(table)) == (str(extreme),)


def test_a_query_lists_no_more_than_anyone_could_read() -> None:
    texts = [f"about {number}" for number in range(MAX_LISTED + 1)]
    assert reading("x", texts[1:], range(1, MAX_LISTED + 1), "real").startswith("CAST(CASE x WHEN")
    with pytest.raises(NoSQLError, match="smaller table for SQL: it would list 5001 cells"):
        reading("x", texts, range(MAX_LISTED + 1), "real")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("( hop all_rows r.x-string )", "name a Property of table medals"),
        ("( sum all_rows r.nation-string )", "name a NumberProperty"),
        ("( count all_rows ) ( count v0 )", "use rows in"),
    ],
)
def test_programs_that_cannot_run(text: str, said: str) -> None:
    with pytest.raises(ExecutionError, match=said):
        by_sql(text, medals())
