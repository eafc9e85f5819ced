"""The two functions of plain questions that other languages lack."""

from __future__ import annotations

import sqlite3

import pytest

from sparse_rl.errors import ExecutionError
from sparse_rl.interpreters.tables.answers import ListAnswer
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.functions import NO_ANSWER
from sparse_rl.interpreters.tables.language import Language, plain_language, wtq_language
from sparse_rl.interpreters.tables.program import parse_program, run_program
from sparse_rl.interpreters.tables.sql import sql_if_any
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.table_world import TableWorld

LANGUAGE = plain_language(2)
TABLE = Table(
    "t",
    ("Nation", "Group"),
    ("text", "text"),
    [("Peru", "A"), ("Chile", "B"), ("Cuba", "A"), ("Fiji", None)],
)


def value(text: str) -> tuple[object, ...]:
    (*_, last) = run_program(parse_program(text, LANGUAGE), TABLE, LANGUAGE)
    assert isinstance(last.value, tuple)
    return last.value


def test_different_values_are_counted_without_empty_cells() -> None:
    text = "( count_distinct all_rows r.group-string )"
    assert value(text) == (2,)
    query = sql_if_any(parse_program(text, LANGUAGE), TABLE, LANGUAGE)
    assert query is not None
    database = sqlite3.connect(":memory:")
    database.execute('CREATE TABLE t ("Nation" TEXT, "Group" TEXT)')
    rows = [("peru", "a"), ("chile", "b"), ("cuba", "a"), ("fiji", None)]
    database.executemany("INSERT INTO t VALUES (?, ?)", rows)
    assert database.execute(query).fetchone()[0] == 2


def test_no_answer_is_of_the_whole_table_and_has_no_sql() -> None:
    text = "( no_answer all_rows )"
    assert value(text) == (NO_ANSWER,)
    assert sql_if_any(parse_program(text, LANGUAGE), TABLE, LANGUAGE) is None
    with pytest.raises(ExecutionError):
        value("( first all_rows ) ( no_answer v0 )")


def test_the_language_is_restored_and_holds_the_other() -> None:
    assert set(LANGUAGE.names) - set(wtq_language().names) == {"count_distinct", "no_answer"}
    assert Language.from_state_dict(LANGUAGE.state_dict()) == LANGUAGE


def test_a_policy_may_refuse_at_once_and_only_then() -> None:
    example = Example("q", "who?", ("who",), TABLE, (), ListAnswer((NO_ANSWER,)))
    world = TableWorld(example, LANGUAGE)
    program = parse_program("( no_answer all_rows ) <END>", LANGUAGE)
    actions = world.actions(program)
    state = world.start()
    for action in actions:
        assert action in world.valid_actions(state)
        state = world.step(state, action)
    assert world.reward(state) == 1
