"""DeepSea against its definition, path by path."""

from __future__ import annotations

import random
from statistics import fmean, stdev

import pytest

from sparse_rl.interpreters.toys import DeepSea, DeepSeaState, enumerate_trajectories


@pytest.mark.parametrize("size", [3, 5, 8])
def test_only_the_pure_paths_expect_nothing_to_lose(size: int) -> None:
    """With the treasure at its mean of 1; all other paths pay for their rights."""
    moves = size - 1
    found = {t.actions: t.reward for t in enumerate_trajectories(DeepSea(size))}
    assert len(found) == 2**moves
    assert found.pop((0,) * moves) == 0.0
    assert found.pop((1,) * moves) == pytest.approx(0.0)
    for actions, reward in found.items():
        assert reward == pytest.approx(-sum(actions) / (size - 2))


def test_the_treasure_is_paid_for_all_rights_alone() -> None:
    few, many = (
        {t.actions: t.reward for t in enumerate_trajectories(DeepSea(5, treasure))}
        for treasure in (1.0, 4.0)
    )
    assert many.pop((1, 1, 1, 1)) == pytest.approx(few.pop((1, 1, 1, 1)) + 3.0)
    assert many == few


def test_the_treasure_has_mean_and_deviation_1() -> None:
    rng = random.Random(0)
    drawn = [DeepSea.draw(rng).treasure for _ in range(4000)]
    assert fmean(drawn) == pytest.approx(1.0, abs=0.05)
    assert stdev(drawn) == pytest.approx(1.0, abs=0.05)
    assert DeepSea.draw(random.Random(1)).treasure == DeepSea.draw(random.Random(1)).treasure


@pytest.mark.parametrize("treasure", [-2.0, 0.3, 1.0, 3.0])
def test_bounds_are_the_least_and_the_greatest_return_to_come(treasure: float) -> None:
    world = DeepSea(5, treasure)
    rest: dict[DeepSeaState, list[float]] = {}
    for found in enumerate_trajectories(world):
        state = world.start()
        for action in found.actions:
            rest.setdefault(state, []).append(found.reward - state.gained)
            state = world.step(state, action)
        assert world.to_come(state) == (0.0, 0.0)
    assert len(rest) == 10, "the cells where a move is made"
    for state, values in rest.items():
        assert world.to_come(state) == pytest.approx((min(values), max(values)))


def test_a_grid_without_a_choice_is_refused() -> None:
    with pytest.raises(ValueError, match="set size to 3 or more"):
        DeepSea(2)
