"""The exhaustive search of any world finds what a walk to every end finds."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.exploration.budget import Budget
from sparse_rl.exploration.exhaustive import exhaustive_search
from sparse_rl.exploration.explored import ExactExplored
from sparse_rl.exploration.systematic import SystematicExplorer, systematic_walks
from sparse_rl.interpreters.world import World


@dataclass(frozen=True)
class Sums:
    """Adds numbers up to a length; rewarded where the sum is a target. States merge."""

    length: int
    targets: frozenset[int]
    symbols = (0, 1, 2)

    def start(self) -> tuple[int, int]:
        return 0, 0

    def valid_actions(self, state: tuple[int, int]) -> tuple[int, ...]:
        return self.symbols

    def step(self, state: tuple[int, int], action: int) -> tuple[int, int]:
        return state[0] + 1, state[1] + action

    def is_terminal(self, state: tuple[int, int]) -> bool:
        return state[0] == self.length or state[1] > 5

    def reward(self, state: tuple[int, int]) -> float:
        return float(state[1] in self.targets)


def walked(world: World) -> set[tuple[int, ...]]:
    explorer = SystematicExplorer("w", world, ExactExplored())
    walks = systematic_walks(explorer, 10**6, lambda state, allowed: allowed[0])
    return {walk.actions for walk in walks if walk.reward > 0}


@given(st.integers(1, 6), st.frozensets(st.integers(0, 7)))
def test_all_that_is_rewarded_is_found(length: int, targets: frozenset[int]) -> None:
    world = Sums(length, targets)
    found = exhaustive_search(world, 10**6)
    assert found.complete
    assert set(found.programs) == walked(world)
    assert len(found.programs) == len(set(found.programs))
    assert found.programs == sorted(found.programs, key=len)


def test_cap_and_budget_are_said() -> None:
    world = Sums(6, frozenset({4}))
    everything = exhaustive_search(world, 10**6)
    number = len(everything.programs)
    assert exhaustive_search(world, number).complete
    capped = exhaustive_search(world, number - 1)
    assert len(capped.programs) == number - 1 and not capped.complete
    cut = exhaustive_search(world, 10**6, Budget(states=3))
    assert not cut.complete and len(cut.programs) < number
    assert not exhaustive_search(world, 10**6, Budget(seconds=1e-9)).complete


@pytest.mark.parametrize("length", [100, 3000])
def test_long_worlds_without_reward_cost_their_states(length: int) -> None:
    """3**100 walks pass through some hundred states, and nothing is rewarded below them."""

    class Long(Sums):
        def is_terminal(self, state: tuple[int, int]) -> bool:
            return state[0] == self.length

        def step(self, state: tuple[int, int], action: int) -> tuple[int, int]:
            return state[0] + 1, (state[1] + action) % 2

    assert exhaustive_search(Long(length, frozenset())).programs == []
    assert exhaustive_search(Long(length, frozenset())).complete
