"""Bounds from explored prefixes and answer types are never too low."""

from __future__ import annotations

import random
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.exploration.explored import ExactExplored
from sparse_rl.exploration.gumbel import GumbelTree, Region, run_together, without_replacement
from sparse_rl.exploration.outlook import ExploredOutlook
from sparse_rl.exploration.systematic import SystematicExplorer, systematic_walks, uniform
from sparse_rl.interpreters.tables.answers import ListAnswer
from sparse_rl.interpreters.tables.table_world import TableWorld

MakeWorld = Callable[..., TableWorld]
AllPrograms = Callable[[TableWorld], dict[tuple[int, ...], float]]


def regions(world: TableWorld) -> list[Region]:
    """Every prefix of the world with all its next actions open."""
    seen = []

    def score(requests: object) -> list[list[float]]:
        seen.extend([region for _, region in requests])  # type: ignore[attr-defined]
        return [[0.0] * len(region.valid) for _, region in requests]  # type: ignore[attr-defined]

    run_together([without_replacement(GumbelTree(world, random.Random(0).random), 10**6)], score)
    return seen


@given(seed=st.integers(0, 10_000), walks=st.integers(0, 60))
def test_a_bound_of_zero_is_right(
    seed: int, walks: int, make_world: MakeWorld, all_programs: AllPrograms
) -> None:
    world = make_world(seed)
    explored = ExactExplored()
    explorer = SystematicExplorer("q", world, explored)
    met = list(systematic_walks(explorer, walks, uniform(random.Random(seed))))
    rewarded = [trajectory.actions for trajectory in met if trajectory.reward > 0]
    outlook = ExploredOutlook("q", world, explored, rewarded)
    programs = all_programs(world)
    best = max(programs.values())
    for region in map(reopened(world), regions(world)):
        below = [r for a, r in programs.items() if a[: len(region.actions)] == region.actions]
        assert outlook.to_come(region) >= max(below)
        assert outlook.gained(region) == 0.0
        if explorer.exhausted:
            assert outlook.to_come(region) == max(below) <= best


def reopened(world: TableWorld) -> Callable[[Region], Region]:
    """A region as it was before anything was split off."""
    return lambda region: Region(world, region.state, region.actions, region.passed, 0.0, 0.0)


@given(seed=st.integers(0, 10_000))
def test_answers_of_another_type_are_left_out(
    seed: int, make_world: MakeWorld, all_programs: AllPrograms
) -> None:
    """Never where a rewarded program goes on from the prefix; often where none does."""
    world = make_world(seed)
    hopeless = {r.actions for r in regions(world) if not world.may_be_rewarded(r.state)}
    for actions, reward in all_programs(world).items():
        if reward > 0:
            assert not hopeless & {actions[:length] for length in range(len(actions))}


def test_a_number_is_no_answer_to_a_question_for_text(make_world: MakeWorld) -> None:
    """`count` for a gold answer in words is hopeless as soon as it is chosen."""
    worlds = (make_world(seed) for seed in range(1000))
    world = next(w for w in worlds if isinstance(gold_value(w), str))
    count = world.tokens.first_function + world.language.names.index("count")
    assert world.may_be_rewarded(world.start())
    assert not world.may_be_rewarded(world.step(world.start(), count))


def gold_value(world: TableWorld) -> object:
    """First value of the gold answer."""
    assert isinstance(world.example.answer, ListAnswer)
    return world.example.answer.values[0]
