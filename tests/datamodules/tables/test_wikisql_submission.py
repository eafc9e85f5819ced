"""The release's prediction format: queries that give what the programs give."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.datamodules.tables.wikisql_format import execute
from sparse_rl.datamodules.tables.wikisql_submission import NoQueryError, submission, to_query
from sparse_rl.interpreters.tables.answers import same_answer
from sparse_rl.interpreters.tables.language import wikisql_language
from sparse_rl.interpreters.tables.program import parse_program
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.table_world import TableWorld

LANGUAGE = wikisql_language()
TABLE = Table(
    "t",
    ("Nation", "Golds", "Note"),
    ("text", "real", "text"),
    [("Peru", 3, None), ("South Peru", 2.5, "x"), ("Chile", 7, "x")],
)


@pytest.mark.parametrize(
    ("program", "query"),
    [
        ("( count all_rows )", {"sel": 0, "agg": 3, "conds": []}),
        ("( hop all_rows r.golds-number )", {"sel": 1, "agg": 0, "conds": []}),
        (
            "( filter_in all_rows ['chile'] r.nation-string ) ( maximum v0 r.golds-number )",
            {"sel": 1, "agg": 1, "conds": [[0, 0, "chile"]]},
        ),
        (
            "( filter_in all_rows ['south'] r.nation-string ) ( hop v0 r.note-string )",
            {"sel": 2, "agg": 0, "conds": [[0, 0, "south peru"]]},
        ),
        (
            "( filter_gt all_rows [2.5] r.golds-number ) ( filter_lt v0 [4] r.golds-number ) "
            "( minimum v1 r.golds-number )",
            {"sel": 1, "agg": 2, "conds": [[1, 1, 2.5], [1, 2, 4]]},
        ),
        (
            "( filter_eq all_rows [3] r.golds-number ) ( average v0 r.golds-number )",
            {"sel": 1, "agg": 5, "conds": [[1, 0, 3]]},
        ),
        ("( sum all_rows r.golds-number )", {"sel": 1, "agg": 4, "conds": []}),
    ],
)
def test_queries(program: str, query: dict[str, object]) -> None:
    found = submission(parse_program(program, LANGUAGE), TABLE, LANGUAGE)
    assert found == {"query": query}
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("( filter_in all_rows ['peru'] r.nation-string ) ( count v0 )", "one cell instead of 2"),
        ("( filter_lt all_rows [inf] r.golds-number ) ( count v0 )", "finite"),
        ("( filter_lt all_rows [4] r.golds-number )", "end with one of"),
    ],
)
def test_programs_without_a_query(program: str, said: str) -> None:
    parsed = parse_program(program, LANGUAGE)
    assert said in submission(parsed, TABLE, LANGUAGE)["error"]
    with pytest.raises(NoQueryError):
        to_query(parsed, TABLE, LANGUAGE)


def test_rows_with_empty_cells_everywhere_cannot_be_counted() -> None:
    table = Table("t", ("a", "b"), ("text", "text"), [("x", None), (None, "y")])
    assert "error" in submission(parse_program("( count all_rows )", LANGUAGE), table, LANGUAGE)


def test_queries_give_what_the_programs_give(small_wikisql: Path, cache: Path) -> None:
    rng = random.Random(0)
    data = WikiSQLDataModule(str(small_wikisql), cache=str(cache))
    queries = 0
    for example in data.examples("train"):
        world = TableWorld(example, data.language)
        for _ in range(5):
            state = world.start()
            while not world.is_terminal(state):
                state = world.step(state, rng.choice(world.valid_actions(state)))
            try:
                query = to_query(world.program(state.actions), example.table, data.language)
            except NoQueryError:
                continue
            queries += 1
            assert state.answer and same_answer(state.answer, execute(query, example.table))
    assert queries > 200
