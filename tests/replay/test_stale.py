"""Draws without replacement, kept for their example's next visit."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import pytest

from sparse_rl.interpreters.world import Trajectory
from sparse_rl.replay.stale import StaleDraw, StaleDraws, log_behaviours

LAW = {0: 0.1, 1: 0.2, 2: 0.3, 3: 0.15, 4: 0.25}
VALUE = {0: 2.0, 1: -1.0, 2: 0.5, 3: 3.0, 4: 1.0}


def draw(number: int, probability: float = 0.5, known: bool = False) -> StaleDraw:
    trajectory = Trajectory((number,), ((0, 1, 2, 3, 4),), 1.0)
    # Two tokens: the program's probability is their product.
    return StaleDraw(trajectory, (math.log(probability) / 2,) * 2, known)


def walk(order: Sequence[int], known: set[int]) -> tuple[float, list[StaleDraw]]:
    """Chance of drawing the programs in this order without replacement, and the draws."""
    chance, left, draws = 1.0, 1.0, []
    for number in order:
        mu = LAW[number] / left
        draws.append(draw(number, mu, number in known))
        chance, left = chance * mu, left - LAW[number]
    return chance, draws


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("known", [set(), {2}, {0, 3}])
def test_the_mean_is_an_unbiased_sum_over_what_was_not_known(count: int, known: set[int]) -> None:
    """By enumeration of all orders in which programs can be drawn."""
    expected = 0.0
    for order in itertools.permutations(LAW, count):
        chance, draws = walk(order, known)
        values = [VALUE[d.trajectory.actions[0]] for d in draws if not d.known]
        terms = [f / math.exp(m) for f, m in zip(values, log_behaviours(draws), strict=True)]
        expected += chance * (sum(terms) / len(terms) if terms else 0.0)
    exact = sum(value for number, value in VALUE.items() if number not in known)
    assert expected == pytest.approx(exact, abs=1e-9)


def test_a_single_draw_has_the_probability_it_was_drawn_with() -> None:
    assert log_behaviours([draw(0, 0.2)]) == pytest.approx([math.log(0.2)])
    assert log_behaviours([draw(0, 0.2, known=True)]) == []


def test_the_last_draws_of_an_example_are_kept_and_given_once() -> None:
    stale = StaleDraws(keep=2, max_ratio=1.0)
    for number in range(3):
        stale.add("a", draw(number))
    stale.add("b", draw(4))
    assert [d.trajectory.actions for d in stale.take("a")] == [(1,), (2,)]
    assert stale.take("a") == []
    assert [d.trajectory.actions for d in stale.take("b")] == [(4,)]
