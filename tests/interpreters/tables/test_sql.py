"""Programs as SQL: sqlite gives the interpreter's denotations."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

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
from sparse_rl.interpreters.tables.sql import column_names, run_sql, to_sql, to_sqlite
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.table_world import State, TableWorld
from sparse_rl.interpreters.tables.text import tokenize

MakeExample = Callable[[random.Random], Example]
Walk = Callable[..., State]
MakeLanguage = Callable[..., Language]
PROGRAMS_PER_EXAMPLE = 8
LANGUAGE = wikisql_language()


def by_sql(text: str, table: Table, table_name: str = "t") -> Answer:
    connection = sqlite3.connect(":memory:")
    to_sqlite(table, connection, table_name)
    try:
        return run_sql(parse_program(text, LANGUAGE), table, LANGUAGE, connection, table_name)
    finally:
        connection.close()


def check(example: Example, walk: Walk, rng: random.Random, make: MakeLanguage) -> None:
    """Random programs of one example, by both."""
    language = make(narrowing=rng.random() < 0.5)
    world = TableWorld(example, language)
    connection = sqlite3.connect(":memory:")
    name = rng.choice(("t", "v0", "v1", 'my "table"'))
    to_sqlite(example.table, connection, name)
    for _ in range(PROGRAMS_PER_EXAMPLE):
        program = world.program(walk(world, rng, filtering=0.6).actions)
        value = run_program(program, example.table, language)[-1].value
        assert isinstance(value, tuple)
        value = tuple(str(v) if isinstance(v, Date) else v for v in value)
        found = run_sql(program, example.table, language, connection, name)
        sql = to_sql(program, example.table, language, name)
        where = f"{example.id} {format_program(program)}\n{sql}"
        assert same_answer(value, found), f"{where}\n{value} by interpreter\n{found} by SQL"
        # Only where sums could leave the 64-bit integers, SQL adds floats.
        types = [float if "SELECT total(" in where else type(v) for v in value]
        assert [type(v) for v in found] == types, where
    connection.close()


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
    check_generated(1000, 1, random_example, random_walk, wikisql_language)


def test_same_denotations_on_annotated_tables(
    annotated_example: MakeExample, random_walk: Walk
) -> None:
    check_generated(1000, 1, annotated_example, random_walk, wtq_language)


def test_same_denotations_on_real_tables(data_root: Path, random_walk: Walk) -> None:
    check_real(1000, 1, data_root, random_walk)


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
    assert to_sql(parse_program(text, LANGUAGE), medals(), LANGUAGE, "medals") == (
        "WITH\n"
        '  v0 AS (SELECT * FROM "medals" WHERE '
        "(instr(' ' || normalise(\"Nation\") || ' ', ' peru ') > 0"
        " OR instr(' ' || normalise(\"Nation\") || ' ', ' brazil ') > 0)),\n"
        '  v1 AS (SELECT * FROM v0 WHERE "Golds" > 2.5)\n'
        'SELECT max("Golds") FROM v1'
    )
    assert by_sql(text, medals(), "medals") == (7,)


def test_a_program_that_ends_in_rows_selects_them() -> None:
    text = "( filter_lt all_rows [5] r.golds-number )"
    assert by_sql(text, medals()) == (2, 3)
    query = to_sql(parse_program(text, LANGUAGE), medals(), LANGUAGE)
    assert query == 'SELECT * FROM "t" WHERE "Golds" < 5 ORDER BY row_id'


def test_columns_are_told_apart() -> None:
    header = ["a", "A", "row_id", "", "a_2", 'say "hi"', "", "nul\0", "\ud800"]
    rows = [[str(index) for index in range(len(header))]]
    table = Table("t", header, ["text"] * len(header), rows)
    assert column_names(table) == (
        *("a", "A_2", "row_id_2", "column", "a_2_2", 'say "hi"', "column_2", "nul", "?"),
    )
    for index, property_ in enumerate(table.properties):
        assert by_sql(f"( hop all_rows {property_.name} )", table) == (str(index),)


@pytest.mark.parametrize("text", ["o'neal", '"', "--", "a;b", "%", "x\0y", "", "\\", "\ud800"])
def test_text_is_quoted(text: str) -> None:
    """What the interpreter finds with any string, SQL finds too: here, nothing or the cell."""
    table = Table("t", ["x"], ["text"], [[text], ["peru"], [f"a {text} b"]])
    program = (Expression("filter_in", "all_rows", ((text,), "r.x-string")),)
    connection = sqlite3.connect(":memory:")
    to_sqlite(table, connection)
    mask = table.containing(0, (text,))
    rows = tuple(i + 1 for i in range(table.size) if mask >> i & 1)
    assert run_sql(program, table, LANGUAGE, connection) == rows


def test_empty_cells_are_null() -> None:
    table = Table("t", ["x", "y"], ["text", "real"], [["", 1], ["a", ""], ["b", 3]])
    assert by_sql("( hop all_rows r.x-string )", table) == ("a", "b")
    assert by_sql("( filter_lt all_rows [9] r.y-number ) ( count v0 )", table) == (2,)
    assert by_sql("( average all_rows r.y-number )", table) == (2.0,)
    assert by_sql("( count all_rows )", table) == (3,)
    text = "( filter_in all_rows ['a'] r.x-string ) ( sum v0 r.y-number )"
    assert by_sql(text, table) == (), "no value, as in the interpreter"


def test_a_table_too_wide_for_sqlite_is_named() -> None:
    header = [f"c{number}" for number in range(33_000)]
    table = Table("wide", header, ["text"] * len(header), [])
    told = r"at most 2000 columns for SQL.* wide needs 33001"
    with closing(sqlite3.connect(":memory:")) as connection, pytest.raises(DataError, match=told):
        to_sqlite(table, connection)


def test_numbers_keep_their_type_and_never_overflow() -> None:
    table = Table("t", ["x", "y"], ["real", "real"], [[2**62, 1], [2**62, 2.5], [2**62, ""]])
    (total,) = by_sql("( sum all_rows r.x-number )", table)
    assert total == float(3 * 2**62)
    assert by_sql("( hop all_rows r.x-number )", table) == (2**62,) * 3
    assert list(map(type, by_sql("( hop all_rows r.y-number )", table))) == [int, float]
    assert by_sql("( filter_gt all_rows [4.6e18] r.x-number ) ( count v0 )", table) == (3,)
    for number in ("inf", "1e30", "-inf", "-0.0", "1e-07"):
        text = f"( filter_gt all_rows [{number}] r.y-number ) ( count v0 )"
        assert by_sql(text, table) == (table.compared(1, "gt", float(number)).bit_count(),)


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
