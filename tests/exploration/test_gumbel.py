"""The lazy Gumbel process: an exact draw first, then draws without replacement."""

from __future__ import annotations

import math
import random
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sparse_rl.exploration.gumbel import (
    GumbelTree,
    Region,
    run_together,
    standard_gumbel,
    truncated,
    without_replacement,
)
from sparse_rl.interpreters.world import replay_actions

seeds = st.integers(0, 10_000)
numbers = st.floats(-1e6, 1e6)
# Seeds of trees: one of 75 leaves, one of 16.
BUSHY, SMALL = 24, 7


def draws(tree: Any, seeds: range, number: int) -> list[list[Region]]:
    """`number` draws without replacement for every seed, all scored together."""
    searches = [
        without_replacement(GumbelTree(tree, random.Random(seed).random), number) for seed in seeds
    ]
    return run_together(searches, tree.score)


@given(gumbel=numbers, bound=numbers)
def test_truncated_gumbel_is_stable(gumbel: float, bound: float) -> None:
    value = truncated(gumbel, bound)
    assert math.isfinite(value)
    assert value <= min(gumbel, bound)
    assert value >= min(gumbel, bound) - math.log(2.0)
    assert truncated(gumbel + 1.0, bound) >= value, "keeps the order"


@pytest.mark.parametrize(("mu", "bound"), [(0.0, 0.5), (-6.0, 1.0), (4.0, -1.0)])
def test_truncated_gumbel_has_the_conditional_law(mu: float, bound: float) -> None:
    uniform = random.Random(1).random
    values = [truncated(mu + standard_gumbel(uniform), bound) for _ in range(4000)]
    law = stats.gumbel_r(loc=mu)
    found = stats.kstest(values, lambda value: law.cdf(value) / law.cdf(bound))
    assert found.pvalue > 0.001


def test_a_generator_that_returns_zero_is_no_problem() -> None:
    assert math.isfinite(standard_gumbel(lambda: 0.0))
    assert math.isfinite(standard_gumbel(lambda: math.nextafter(1.0, 0.0)))


@pytest.mark.parametrize("number", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_the_first_yield_is_a_draw_from_the_policy(random_tree: Any, number: int) -> None:
    """Chi-square over all leaves."""
    tree = random_tree(BUSHY)
    assert 30 <= len(tree.log_prob) <= 200
    counts: Counter[tuple[int, ...]] = Counter()
    for start in range(0, number, 500):
        counts.update(found[0].actions for found in draws(tree, range(start, start + 500), 1))
    assert fit(counts, {leaf: math.exp(value) for leaf, value in tree.log_prob.items()}) > 0.001


def test_the_second_yield_is_drawn_without_replacement(random_tree: Any) -> None:
    """P(b second | a first) = pi(b) / (1 - pi(a)), for the most probable a."""
    tree = random_tree(SMALL)
    top = max(tree.log_prob, key=tree.log_prob.__getitem__)
    counts: Counter[tuple[int, ...]] = Counter()
    for start in range(0, 5_000, 500):
        for first, second in draws(tree, range(start, start + 500), 2):
            counts[second.actions] += first.actions == top
    rest = 1.0 - math.exp(tree.log_prob[top])
    law = {leaf: math.exp(v) / rest for leaf, v in tree.log_prob.items() if leaf != top}
    assert fit(counts, law) > 0.001


def fit(counts: Counter[tuple[int, ...]], law: dict[tuple[int, ...], float]) -> float:
    """p-value of the counts; leaves of small expectation share a cell, as the test supposes."""
    total = counts.total()
    common = [leaf for leaf, p in law.items() if total * p >= 10]
    observed = [counts[leaf] for leaf in common]
    expected = [total * law[leaf] for leaf in common]
    assert len(common) >= 2
    if len(common) < len(law):
        observed.append(total - sum(observed))
        expected.append(total - sum(expected))
    return float(stats.chisquare(observed, expected).pvalue)


@given(seed=seeds)
def test_yields_descend_and_end_with_all_leaves(seed: int, random_tree: Any) -> None:
    tree = random_tree(seed)
    (found,) = draws(tree, range(seed, seed + 1), 1000)
    assert all(a.gumbel >= b.gumbel for a, b in pairwise(found))
    assert sorted(leaf.actions for leaf in found) == sorted(tree.log_prob)
    for leaf in found:
        assert leaf.log_prob == pytest.approx(tree.log_prob[leaf.actions])
        assert leaf.trajectory(tree) == replay_actions(tree, leaf.actions)


@settings(max_examples=20)
@given(seed=seeds)
def test_searches_together_are_the_searches_alone(seed: int, random_tree: Any) -> None:
    tree = random_tree(seed)
    alone = [draws(tree, range(n, n + 1), 3)[0] for n in range(4)]
    together = draws(tree, range(4), 3)
    assert [[leaf.actions for leaf in found] for found in together] == [
        [leaf.actions for leaf in found] for found in alone
    ]


def test_nothing_is_stepped_before_it_is_needed(random_tree: Any) -> None:
    tree = random_tree(BUSHY)
    process = GumbelTree(tree, random.Random(0).random)
    (found,) = run_together([without_replacement(process, 1)], tree.score)
    assert process.steps == len(found[0].actions)


def test_actions_of_probability_zero_are_never_drawn(random_tree: Any) -> None:
    tree = random_tree(BUSHY)
    first = tree.valid[()][0]
    tree.log_p[()] = [-math.inf] + [0.0] * (len(tree.valid[()]) - 1)
    (found,) = draws(tree, range(1), 1000)
    assert {leaf.actions for leaf in found} == {a for a in tree.log_prob if a[0] != first}
    tree.log_p[()] = [-math.inf] * len(tree.valid[()])
    with pytest.raises(ValueError, match="above 0"):
        draws(tree, range(1), 1)


def test_improbable_actions_do_not_underflow_together(random_tree: Any) -> None:
    tree = random_tree(BUSHY)
    count = len(tree.valid[()])
    tree.log_p[()] = [0.0] + [-2000.0 - n for n in range(count - 1)]
    (found,) = draws(tree, range(1), 1000)
    assert len(found) == len(tree.log_prob)
    assert all(math.isfinite(leaf.gumbel) for leaf in found)
