"""The policy over programs that join chains and over columns of dates."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sparse_rl.exploration.explored import ExactExplored
from sparse_rl.exploration.systematic import SystematicExplorer, systematic_walks
from sparse_rl.interpreters.tables.annotated import AnnotatedCell
from sparse_rl.interpreters.tables.answers import ListAnswer
from sparse_rl.interpreters.tables.constants import Constant
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language, wtq_language
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.modules.decoding import beam
from sparse_rl.modules.tables.packing import pack
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.vocabulary import Vocabulary

NAMES = ("filter_in", "filter_eq", "first", "count", "diff")


@pytest.fixture(scope="module")
def world() -> TableWorld:
    dates = (Date(1950), Date(1951), None)
    rows = [
        [AnnotatedCell(text, number, date=date)]
        for text, number, date in zip(("peru", "chile", ""), (7.0, 3.0, 3.0), dates, strict=True)
    ]
    table = Table.annotated("t", ["x"], rows)
    constants = (
        Constant(("peru",), 0, 1),
        Constant(("chile",), 2, 3),
        Constant(3.0, 3, 4),
        Constant(Date(1951), 4, 5),
    )
    tokens = ("peru", "or", "chile", "3", "1951")
    example = Example("t", " ".join(tokens), tokens, table, constants, ListAnswer((4.0,)))
    functions = tuple(f for f in wtq_language().functions if f.name in NAMES)
    return TableWorld(example, Language(functions, max_expressions=3))


@pytest.fixture(params=[False, True], ids=["", "schema_links"])
def policy(world: TableWorld, request: pytest.FixtureRequest) -> TablePolicy:
    torch.manual_seed(0)
    vocabulary = Vocabulary.of([world.example])
    policy = TablePolicy(
        vocabulary, world.language, embedding=8, hidden=8, schema_links=request.param
    )
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter.mul_(3.0)
    return policy.eval()


def test_all_ways_to_score_agree(world: TableWorld, policy: TablePolicy) -> None:
    explorer = SystematicExplorer("x", world, ExactExplored())
    programs = list(systematic_walks(explorer, 10**6, lambda state, allowed: allowed[0]))
    joined = [p for p in programs if "diff" in {e.function for e in world.program(p.actions)}]
    assert len(joined) > 5 and len(programs) > len(joined)
    with torch.no_grad():
        encoded = policy.encode([world.example])
        scores = policy.log_prob(encoded, pack(programs, [0] * len(programs), encoded.slot_map))[0]
        found = beam(policy, encoded, [world], width=len(programs) + 3)[0]
    assert float(scores.exp().sum()) == pytest.approx(1.0, abs=1e-5)
    by_program = dict(zip((p.actions for p in programs), scores.tolist(), strict=True))
    assert {f.trajectory.actions for f in found} == set(by_program)
    for best in found:
        expected = by_program[best.trajectory.actions]
        assert np.isclose(best.log_prob, expected, atol=1e-4), world.program(
            best.trajectory.actions
        )


def test_dates_have_symbols_of_their_own(world: TableWorld) -> None:
    own = len(world.tokens)
    assert world.symbols[own:] == (own, own + 1, own + 4, own + 2, own + 2, own + 3, own + 5)
