"""A user's own functions, wherever a function of the language may stand."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest

from sparse_rl.datamodules.tables.reading import ANNOTATED, PLAIN, reading_of
from sparse_rl.datamodules.tables.wikisql_submission import submission
from sparse_rl.errors import SparseRLError
from sparse_rl.exploration.explored import ExactExplored
from sparse_rl.exploration.systematic import SystematicExplorer, systematic_walks, uniform
from sparse_rl.exploration.tables.coverage import coverage
from sparse_rl.exploration.tables.credibility import fictitious_tables, meaning, mentions
from sparse_rl.exploration.tables.exhaustive import exhaustive_programs
from sparse_rl.interpreters.tables import registry
from sparse_rl.interpreters.tables.answers import ListAnswer
from sparse_rl.interpreters.tables.constants import find_constants
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.functions import medals
from sparse_rl.interpreters.tables.language import Language, wikisql_language, wtq_language
from sparse_rl.interpreters.tables.program import format_program, parse_program, run_program
from sparse_rl.interpreters.tables.registry import language_function
from sparse_rl.interpreters.tables.signature import (
    Answer,
    Number,
    OneRow,
    Ordered,
    Rows,
    Strings,
    Where,
)
from sparse_rl.interpreters.tables.sql import run_sql, sql_if_any, to_sql
from sparse_rl.interpreters.tables.sql_cells import NoSQLError
from sparse_rl.interpreters.tables.sql_import import ImportedTable
from sparse_rl.interpreters.tables.table import NumberProperty, Property, StringProperty, Table
from sparse_rl.interpreters.tables.table_features import clues, table_features
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.tables.text import tokenize
from sparse_rl.interpreters.tables.triggers import Triggers


@language_function(sql=lambda rows, column: f"SELECT max({column}) - min({column}) FROM {rows}")
def spread(table: Table, rows: Rows, column: NumberProperty) -> Answer:
    """The difference between the greatest and the least value, where there are two.

    >>> spread(medals(), Rows(0b111), medals().properties[1])
    (5,)
    """
    values = table.values(rows, column.column)
    return (max(values) - min(values),) if len(values) > 1 else ()


@language_function
def nearest(table: Table, rows: Rows, value: Number, column: NumberProperty) -> Rows:
    """The rows whose number is nearest to a number of the question.

    >>> bin(nearest(medals(), Rows(0b111), Number(4.0), medals().properties[1]))
    '0b10'
    """
    distances = {
        row: abs(cell - value)
        for row, cell in enumerate(table.columns[column.column])
        if cell is not None and rows >> row & 1
    }
    least = min(distances.values(), default=0)
    return Rows(sum(1 << row for row, distance in distances.items() if distance == least))


def _begins(rows: str, strings: tuple[str, ...], column: str) -> str:
    tests = " OR ".join(f"instr({column}, {text}) = 1" for text in strings)
    return f"SELECT * FROM {rows} WHERE {tests}"


@language_function(name="begins_with", sql=_begins)
def starts(table: Table, rows: Rows, strings: Strings, column: StringProperty) -> Where:
    """Rows whose text begins with one of the strings."""
    cells = enumerate(table.keys(column.column))
    return Where(rows & sum(1 << row for row, cell in cells if cell[1:].startswith(strings)))


LANGUAGE = wikisql_language(max_expressions=3).extended(spread, nearest, starts)
QUESTION = "what is the spread nearest to 4 in peru ?"


def question(answer: tuple[float, ...] | None = None) -> Example:
    tokens = tokenize(QUESTION)
    constants = find_constants(QUESTION, tokens, medals())
    words = tuple(token.text for token in tokens)
    gold = None if answer is None else ListAnswer(answer)
    return Example("q", QUESTION, words, medals(), constants, gold)


def test_programs_are_read_written_and_run() -> None:
    text = "( nearest all_rows [4] r.golds-number ) ( spread all_rows r.golds-number ) <END>"
    program = parse_program(text, LANGUAGE)
    assert format_program(program) == text
    assert [step.value for step in run_program(program, medals(), LANGUAGE)] == [0b10, (5,)]


@pytest.mark.parametrize("seed", range(30))
def test_every_walk_ends_in_an_answer(
    seed: int, random_example: Callable[..., Example], random_walk: Callable[..., object]
) -> None:
    """`spread` has no value on one row, though the column has one: it is not offered there."""
    rng = random.Random(seed)
    world = TableWorld(random_example(rng), LANGUAGE)
    for _ in range(10):
        program = world.program(random_walk(world, rng).actions)  # type: ignore[attr-defined]
        assert run_program(program, world.example.table, LANGUAGE)[-1].value


@pytest.mark.parametrize(("answer", "name"), [(5, "spread"), (3, "begins_with"), (3, "nearest")])
def test_both_searches_find_the_same(answer: int, name: str) -> None:
    world = TableWorld(question((answer,)), LANGUAGE)
    found = exhaustive_programs(world, 10_000)
    explorer = SystematicExplorer("q", world, ExactExplored())
    walks = systematic_walks(explorer, 100_000, uniform(random.Random(0)))
    assert set(found) == {walk.actions for walk in walks if walk.reward}
    assert name in {e.function for actions in found for e in world.program(actions)}
    assert coverage(world.example, found, LANGUAGE).expressions == 1


def test_sql_says_what_the_function_says() -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(ImportedTable.of_views(medals()).script())
    for text in (
        "( spread all_rows r.golds-number )",
        "( begins_with all_rows ['peru'] r.nation-string ) ( hop v0 r.golds-number )",
        "( filter_gt all_rows [2] r.golds-number ) ( spread v0 r.golds-number )",
    ):
        program = parse_program(text, LANGUAGE)
        value = run_program(program, medals(), LANGUAGE)[-1].value
        assert run_sql(to_sql(program, medals(), LANGUAGE), connection) == value


def test_without_sql_there_is_none_and_it_is_said_how_to_have_it() -> None:
    text = "( nearest all_rows [4] r.golds-number ) ( hop v0 r.nation-string )"
    program = parse_program(text, LANGUAGE)
    assert sql_if_any(program, medals(), LANGUAGE) is None
    with pytest.raises(NoSQLError, match=r"^give @language_function of nearest the option sql"):
        to_sql(program, medals(), LANGUAGE)


@pytest.mark.parametrize(
    "text",
    [
        "( begins_with all_rows ['peru'] r.nation-string ) ( count v0 )",
        "( nearest all_rows [4] r.golds-number ) ( count v0 )",
        "( spread all_rows r.golds-number )",
    ],
)
def test_wikisqls_own_format_has_no_form_for_it(text: str) -> None:
    (message,) = submission(parse_program(text, LANGUAGE), medals(), LANGUAGE).values()
    assert isinstance(message, str) and "\n" not in message


def test_credibility_features_and_triggers() -> None:
    text = "( nearest all_rows [4] r.golds-number ) ( spread v0 r.golds-number )"
    program = parse_program(text, LANGUAGE)
    example = question((5,))
    assert example.answer is not None
    tables = fictitious_tables(example.table, "key", 3)
    assert len(meaning(program, tables, LANGUAGE, example.answer)) == 3
    assert mentions(program, clues(example)) == 1
    rules = Triggers.from_state_dict({"spread": ["spread"], "nearest": ["closest"]})
    assert table_features(clues(example, rules), program, 3)[10] == 1 / 2
    world = TableWorld(example, replace(LANGUAGE, triggers=rules))
    offered = {world.tokens.names[action] for action in world.start().valid}
    assert "spread" in offered and "nearest" not in offered


def test_a_language_is_read_as_the_packages_functions_in_it_are() -> None:
    assert reading_of(LANGUAGE) is PLAIN
    assert reading_of(wtq_language().extended(spread)) is ANNOTATED


def test_a_language_is_restored_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    state = LANGUAGE.state_dict()
    assert state["functions"][-3:] == ["spread", "nearest", "begins_with"]
    assert Language.from_state_dict(state) == LANGUAGE
    for name in ("spread", "begins_with"):
        monkeypatch.delitem(registry._OWN, name)
    advice = r"^import the module that declares spread, begins_with before [^\n]*$"
    with pytest.raises(SparseRLError, match=advice):
        Language.from_state_dict(state)


def test_states_without_own_functions_are_what_they_were() -> None:
    """Caches are found by them."""
    assert wikisql_language().state_dict().keys() == {
        "functions", "max_expressions", "narrowing", "triggers",
    }  # fmt: skip


def test_another_body_makes_another_key() -> None:
    before = LANGUAGE.functions[-1].digest

    def starts(table: Table, rows: Rows, strings: Strings, column: StringProperty) -> Where:
        return Where(0)

    assert registry.Function.of(starts).digest != before
    assert before == LANGUAGE.functions[-1].digest


def test_declaring_again_in_the_same_place_replaces() -> None:
    def declare(factor: int) -> Callable[..., Answer]:
        @language_function
        def times(table: Table, rows: Rows) -> Answer:
            return (factor * rows.bit_count(),)

        return times

    first = wikisql_language().extended(declare(2))
    second = wikisql_language().extended(declare(3))
    program = parse_program("( times all_rows )", first)
    assert run_program(program, medals(), first)[-1].value == (6,)
    assert run_program(program, medals(), second)[-1].value == (9,)
    assert replace(first, max_expressions=2).names == first.names


def test_names_that_are_taken_are_refused() -> None:
    def mine(table: Table, rows: Rows) -> Answer:
        return (1,)

    for name in ("count", "hop", "next", "next_", "max", "v0", "all_rows", "two words"):
        with pytest.raises(SparseRLError, match=r"^choose another name than [^\n]*$"):
            language_function(name=name)(mine)
    with pytest.raises(SparseRLError, match="choose another name than 'spread'"):
        language_function(name="spread")(mine)


def test_what_is_not_declared_is_refused_before_training() -> None:
    def mine(table: Table, rows: Rows) -> Answer:
        return (1,)

    with pytest.raises(SparseRLError, match="write @language_function above"):
        wikisql_language().extended(mine)
    with pytest.raises(SparseRLError, match="write @language_function above"):
        Language((*wikisql_language().functions, registry.Function.of(mine)))
    with pytest.raises(ValueError, match=r"leave one function of each name: \['spread'\]"):
        LANGUAGE.extended(spread)


def no_hints(table, rows):  # type: ignore[no-untyped-def]
    return (1,)


def no_table(rows: Rows) -> Answer:
    return (1,)


def text_argument(table: Table, rows: Rows, text: str) -> Answer:
    return (text,)


def no_answer(table: Table, rows: Rows) -> int:
    return 1


def late_variable(table: Table, rows: Rows, column: Property, other: OneRow) -> Answer:
    return (1,)


def joined_rows(table: Table, rows: Rows, other: OneRow) -> Rows:
    return Rows(rows | other)


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        (no_hints, "annotate .*no_hints as"),
        (no_table, "annotate .*no_table as"),
        (text_argument, "annotate the arguments of .*text_argument as OneRow, Strings"),
        (no_answer, "let .*no_answer return Rows, Where or Answer"),
        (late_variable, "let .*late_variable have one OneRow, right after the rows"),
        (joined_rows, "let .*joined_rows return Answer"),
    ],
)
def test_signatures_without_meaning_are_refused(call: Callable[..., object], advice: str) -> None:
    with pytest.raises(SparseRLError, match=f"^{advice}"):
        language_function(call)


def test_numbers_only_and_numbers_or_dates() -> None:
    @language_function
    def above(table: Table, rows: Rows, value: Ordered, column: NumberProperty) -> Rows:
        return Rows(rows & table.compared(column.column, "gt", value))

    language = wikisql_language().extended(above, nearest)
    world = TableWorld(question(), language)
    texts = [
        f"( {name} all_rows [4] r.golds-number ) ( count v0 )" for name in ("above", "nearest")
    ]
    for text in texts:
        program = parse_program(text, language)
        assert world.program(world.actions(program)) == program
    with pytest.raises(SparseRLError, match="fix argument"):
        parse_program("( nearest all_rows [1950-xx-xx] r.golds-number ) ( count v0 )", language)
