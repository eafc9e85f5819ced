"""Systematic exploration walks every program once and then stops."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparse_rl.exploration.explored import BloomExplored, ExactExplored, Explored
from sparse_rl.exploration.systematic import SystematicExplorer, systematic_walks, uniform
from sparse_rl.interpreters.tables.table_world import State, TableWorld
from sparse_rl.interpreters.world import replay_actions

MakeWorld = Callable[..., TableWorld]
AllPrograms = Callable[[TableWorld], dict[tuple[int, ...], float]]
seeds = st.integers(0, 10_000)
ENOUGH = 1_000_000


class Counting(ExactExplored):
    """An explored set that counts what it is asked."""

    questions = 0

    def __contains__(self, key: str) -> bool:
        self.questions += 1
        return super().__contains__(key)


@pytest.mark.parametrize("make_set", [ExactExplored, lambda: BloomExplored(20_000)])
@settings(max_examples=40)
@given(seed=seeds, narrowing=st.booleans())
def test_to_exhaustion_it_is_brute_force_without_repeats(
    make_set: Callable[[], Explored],
    seed: int,
    narrowing: bool,
    make_world: MakeWorld,
    all_programs: AllPrograms,
) -> None:
    world = make_world(seed, narrowing)
    explorer = SystematicExplorer("q", world, make_set())
    walked = list(systematic_walks(explorer, ENOUGH, uniform(random.Random(seed))))
    rewards = {trajectory.actions: trajectory.reward for trajectory in walked}
    assert len(rewards) == len(walked), "never the same program twice"
    assert rewards == all_programs(world)
    assert explorer.exhausted


@given(seed=seeds)
def test_trajectories_record_the_full_valid_sets(seed: int, make_world: MakeWorld) -> None:
    """Not the reduced ones: the policy normalises over what the world offers."""
    world = make_world(seed)
    explorer = SystematicExplorer("q", world, ExactExplored())
    for trajectory in systematic_walks(explorer, 15, uniform(random.Random(seed))):
        assert trajectory == replay_actions(world, trajectory.actions)


def test_an_exhausted_example_costs_nothing(make_world: MakeWorld) -> None:
    world, explored = make_world(3), Counting()
    explorer = SystematicExplorer("q", world, explored)
    list(systematic_walks(explorer, ENOUGH, uniform(random.Random(0))))

    def never(state: State, allowed: Sequence[int]) -> int:
        raise AssertionError("nothing is left to choose")

    explored.questions = 0
    size = len(explored)
    assert explorer.walk(world.start(), never) is None
    assert list(systematic_walks(explorer, 5, never)) == []
    assert (explored.questions, len(explored)) == (2, size), "one question about the root each"


def test_attempts_are_a_limit(make_world: MakeWorld) -> None:
    explorer = SystematicExplorer("q", make_world(3), ExactExplored())
    assert len(list(systematic_walks(explorer, 4, uniform(random.Random(0))))) == 4
    assert list(systematic_walks(explorer, 0, uniform(random.Random(0)))) == []


def test_choices_are_offered_unexplored_actions_only(make_world: MakeWorld) -> None:
    world = make_world(3)
    explored = ExactExplored()
    explorer = SystematicExplorer("q", world, explored)
    firsts: list[tuple[int, ...]] = []

    def first_allowed(state: State, allowed: Sequence[int]) -> int:
        assert set(allowed) <= set(state.valid) and allowed
        if state == world.start():
            firsts.append(tuple(allowed))
        return allowed[0]

    list(systematic_walks(explorer, ENOUGH, first_allowed))
    assert firsts[0] == world.start().valid
    assert all(set(later) <= set(earlier) for earlier, later in pairwise(firsts))
    assert len(firsts[-1]) == 1


@given(seed=seeds, split=st.integers(1, 30))
def test_a_second_explorer_goes_on_where_the_first_stopped(
    seed: int, split: int, make_world: MakeWorld, all_programs: AllPrograms
) -> None:
    explored = ExactExplored()
    choose = uniform(random.Random(seed))
    before = list(
        systematic_walks(SystematicExplorer("q", make_world(seed), explored), split, choose)
    )
    loaded = ExactExplored()
    loaded.load_state_dict(explored.state_dict())
    after = list(
        systematic_walks(SystematicExplorer("q", make_world(seed), loaded), ENOUGH, choose)
    )
    actions = [trajectory.actions for trajectory in before + after]
    assert len(set(actions)) == len(actions)
    assert set(actions) == set(all_programs(make_world(seed)))


def test_examples_share_a_set_without_disturbing_each_other(
    make_world: MakeWorld, all_programs: AllPrograms
) -> None:
    explored = ExactExplored()
    for name in ("q1", "q2"):
        explorer = SystematicExplorer(name, make_world(3), explored)
        found = {t.actions for t in systematic_walks(explorer, ENOUGH, uniform(random.Random(1)))}
        assert found == set(all_programs(make_world(3)))


@given(seed=seeds, error_rate=st.sampled_from([0.001, 0.1, 0.5, 0.9]))
def test_false_positives_hide_programs_but_never_repeat_or_hang(
    seed: int, error_rate: float, make_world: MakeWorld, all_programs: AllPrograms
) -> None:
    world = make_world(seed)
    explorer = SystematicExplorer(f"q{seed}", world, BloomExplored(20_000, error_rate))
    walked = [t.actions for t in systematic_walks(explorer, ENOUGH, uniform(random.Random(seed)))]
    assert len(set(walked)) == len(walked)
    assert set(walked) <= set(all_programs(world))
    assert explorer.exhausted


class AlwaysThere(ExactExplored):
    """The worst of all false positives: everything but the root seems explored."""

    def __contains__(self, key: str) -> bool:
        return not key.endswith("\0") or super().__contains__(key)


def test_nothing_is_found_where_all_seems_explored(make_world: MakeWorld) -> None:
    explorer = SystematicExplorer("q", make_world(3), AlwaysThere())
    assert list(systematic_walks(explorer, ENOUGH, uniform(random.Random(0)))) == []
    assert explorer.exhausted


def test_uniform_draws_every_allowed_action() -> None:
    choose = uniform(random.Random(0))
    drawn = [choose(None, (4, 5, 6)) for _ in range(3000)]
    assert all(900 < drawn.count(action) < 1100 for action in (4, 5, 6))
