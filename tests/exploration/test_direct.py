"""The search for argmax G + epsilon R finds what brute force finds."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparse_rl.exploration.direct import DirectPair, DirectSearch, Outlook, direct_search
from sparse_rl.exploration.gumbel import GumbelTree, Region, run_together, without_replacement

seeds = st.integers(0, 10_000)
ENOUGH = 1_000_000


def search(
    tree: Any, seed: int, options: DirectSearch, outlook: Outlook | None = None
) -> DirectPair:
    process = GumbelTree(tree, random.Random(seed).random)
    (pair,) = run_together([direct_search(process, options, outlook or tree)], tree.score)
    return pair


class Exact:
    """Knows the best that lies below each state."""

    def __init__(self, tree: Any, sign: float) -> None:
        self.tree, self.sign = tree, sign

    def gained(self, region: Region, /) -> float:
        return 0.0

    def to_come(self, region: Region, /) -> float:
        below = [
            r
            for leaf, r in self.tree.rewards.items()
            if leaf[: len(region.actions)] == region.actions
        ]
        return max(below, key=lambda reward: self.sign * reward)


class Blind(Exact):
    """Knows nothing: all regions stay."""

    def to_come(self, region: Region, /) -> float:
        return self.sign * 1e9


@given(
    seed=seeds,
    epsilon=st.sampled_from((-5.0, -0.5, 0.1, 0.5, 3.0, 10.0)),
    alpha=st.sampled_from((0.0, 0.3, 1.0)),
)
def test_full_search_is_brute_force(
    seed: int, epsilon: float, alpha: float, random_tree: Any
) -> None:
    """Among the noise of all leaves, which a search without bounds brings to light."""
    tree = random_tree(seed)
    options = DirectSearch(epsilon, alpha, ENOUGH, first_improvement=False)
    pair = search(tree, seed, options, Blind(tree, 1 if epsilon > 0 else -1))
    assert sorted(leaf.actions for leaf in pair.met) == sorted(tree.log_prob)
    direct = {x.actions: x.gumbel + epsilon * tree.rewards[x.actions] for x in pair.met}
    assert pair.opt.gumbel == max(x.gumbel for x in pair.met)
    assert pair.best.actions == max(direct, key=direct.__getitem__)
    assert pair.improved == (pair.best.actions != pair.opt.actions)


@given(seed=seeds, epsilon=st.sampled_from((-3.0, 0.5, 3.0)))
def test_a_bound_saves_steps_and_leaves_the_draw_alone(
    seed: int, epsilon: float, random_tree: Any
) -> None:
    """Each with its own noise: that the law is the same, the estimator's tests show."""
    tree = random_tree(seed)
    sign = 1 if epsilon > 0 else -1
    options = DirectSearch(epsilon, 1.0, ENOUGH, first_improvement=False)
    exact, blind = (
        search(tree, seed, options, Exact(tree, sign)),
        search(tree, seed, options, Blind(tree, sign)),
    )
    assert exact.steps <= blind.steps
    assert exact.opt.actions == blind.opt.actions
    best = exact.best.gumbel + epsilon * tree.rewards[exact.best.actions]
    assert all(best >= x.gumbel + epsilon * tree.rewards[x.actions] for x in exact.met)


@settings(max_examples=50)
@given(seed=seeds)
def test_the_first_improvement_ends_the_search(seed: int, random_tree: Any) -> None:
    tree = random_tree(seed)
    pair = search(tree, seed, DirectSearch(3.0, 1.0, ENOUGH))
    assert pair.met[-1] is pair.best or not pair.improved
    assert pair.met[0] is pair.opt


@given(seed=seeds, budget=st.integers(1, 30))
def test_the_budget_counts_steps(seed: int, budget: int, random_tree: Any) -> None:
    tree = random_tree(seed)
    pair = search(tree, seed, DirectSearch(3.0, 1.0, budget, first_improvement=False))
    assert pair.steps <= max(budget, len(pair.opt.actions)), "the draw is always finished"


@given(seed=seeds)
def test_without_a_reward_the_order_is_that_of_plain_g(seed: int, random_tree: Any) -> None:
    tree = random_tree(seed)
    tree.rewards = dict.fromkeys(tree.rewards, 0.0)
    process = GumbelTree(tree, random.Random(seed).random)
    (plain,) = run_together([without_replacement(process, 1)], tree.score)
    pair = search(tree, seed, DirectSearch(3.0, 1.0, ENOUGH), Exact(tree, 1))
    assert pair.opt.actions == plain[0].actions
    assert not pair.improved
    assert len(pair.met) == 1, "the bound says that there is nothing to find"


@pytest.mark.parametrize(
    ("options", "message"),
    [({"epsilon": 0.0}, "epsilon"), ({"alpha": 1.5}, "alpha"), ({"budget": 0}, "budget")],
)
def test_bad_options(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=f"set {message}"):
        DirectSearch(**options)  # type: ignore[arg-type]
