"""Exhaustive search finds what systematic exploration finds at exhaustion."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.exploration.budget import Budget
from sparse_rl.exploration.explored import ExactExplored
from sparse_rl.exploration.systematic import SystematicExplorer, systematic_walks, uniform
from sparse_rl.exploration.tables.domain import TableDomain
from sparse_rl.exploration.tables.exhaustive import exhaustive_programs
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.tables.triggers import default_triggers

MakeWorld = Callable[..., TableWorld]
ENOUGH = 1_000_000


def systematic(world: TableWorld) -> set[tuple[int, ...]]:
    explorer = SystematicExplorer("q", world, ExactExplored())
    walked = systematic_walks(explorer, ENOUGH, uniform(random.Random(0)))
    return {trajectory.actions for trajectory in walked if trajectory.reward > 0}


@pytest.mark.parametrize("narrowing", [True, False])
def test_same_rewarded_programs_as_systematic(narrowing: bool, make_world: MakeWorld) -> None:
    solved = 0
    for seed in range(150):
        found = exhaustive_programs(make_world(seed, narrowing), ENOUGH)
        assert len(set(found)) == len(found)
        assert set(found) == systematic(make_world(seed, narrowing)), seed
        solved += bool(found)
    assert solved > 50, "the comparison is of something"


def test_trigger_words_are_those_of_the_languages_functions(make_world: MakeWorld) -> None:
    """MAPO's trigger words name functions that WikiSQL's language does not have."""
    found = 0
    for seed in range(30):
        world = make_world(seed)
        hinted = TableDomain(world.language, default_triggers()).exhaustive(world.example, ENOUGH)
        programs = exhaustive_programs(world, ENOUGH)
        assert set(hinted.programs) <= set(programs)
        assert bool(hinted.programs) == bool(programs)
        found += bool(programs)
    assert found > 5, "the comparison is of something"


@pytest.mark.parametrize("narrowing", [True, False])
def test_same_where_chains_are_joined(narrowing: bool, make_joined_world: MakeWorld) -> None:
    joined = 0
    for seed in range(40):
        world = make_joined_world(seed, narrowing)
        found = exhaustive_programs(world, ENOUGH)
        assert len(set(found)) == len(found)
        assert set(found) == systematic(make_joined_world(seed, narrowing)), seed
        joined += sum("diff" in {e.function for e in world.program(a)} for a in found)
    assert joined > 10, "the comparison is of something"


def test_same_where_longer_chains_are_joined(make_joined_world: MakeWorld) -> None:
    for seed in range(3):
        found = exhaustive_programs(make_joined_world(seed, max_expressions=4), ENOUGH)
        assert set(found) == systematic(make_joined_world(seed, max_expressions=4)), seed


def test_a_budget_of_states_ends_the_search_early(make_joined_world: MakeWorld) -> None:
    world = next(w for w in map(make_joined_world, range(40)) if exhaustive_programs(w, ENOUGH))
    everything = exhaustive_programs(world, ENOUGH)
    within = [exhaustive_programs(world, ENOUGH, Budget(states=n)) for n in (1, 2, 8, 10**6)]
    assert [set(found) <= set(everything) for found in within] == [True] * 4
    assert within[-1] == everything and len(within[0]) < len(everything)
    assert exhaustive_programs(world, ENOUGH, Budget(seconds=1e-9)) == []


@pytest.mark.parametrize("max_expressions", [1, 2, 4])
def test_same_at_every_limit(max_expressions: int, make_world: MakeWorld) -> None:
    for seed in range(25):
        world = make_world(seed, max_expressions=max_expressions)
        assert set(exhaustive_programs(world, ENOUGH)) == systematic(world), seed


@given(seed=st.integers(0, 10_000), cap=st.integers(0, 12))
def test_a_cap_keeps_the_shortest(seed: int, cap: int, make_world: MakeWorld) -> None:
    world = make_world(seed, narrowing=False)
    everything = exhaustive_programs(world, ENOUGH)
    capped = exhaustive_programs(world, cap)
    lengths = [len(world.program(actions)) for actions in everything]
    assert lengths == sorted(lengths)
    assert capped == everything[:cap]


def test_no_gold_answer_no_program(make_world: MakeWorld) -> None:
    world = make_world(3)
    object.__setattr__(world.example, "answer", None)
    assert exhaustive_programs(world) == []
