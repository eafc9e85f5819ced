"""What DirPG's experiments learn from, against brute force, and the scripts as a whole."""

from __future__ import annotations

import random
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from sparse_rl.estimators import DirPg
from sparse_rl.exploration.direct import DirectPair, DirectSearch, direct_search
from sparse_rl.exploration.gumbel import GumbelTree, Region, run_together, uniform_scores
from sparse_rl.interpreters.toys import DeepSea, Graph, SpanningTrees, enumerate_trajectories

SCRIPTS = Path(__file__).resolve().parents[2] / "experiments"


@pytest.fixture(scope="module")
def scripts() -> Iterator[Path]:
    """The scripts' folder, which they import each other from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        yield SCRIPTS


@pytest.fixture(scope="module")
def bandits(scripts: Path) -> dict[str, Any]:
    return runpy.run_path(str(scripts / "dirpg_bandits.py"))


@pytest.fixture(scope="module")
def deep_sea(scripts: Path) -> dict[str, Any]:
    return runpy.run_path(str(scripts / "dirpg_deep_sea.py"))


@pytest.fixture(scope="module")
def direct_pairs(scripts: Path) -> dict[str, Any]:
    return runpy.run_path(str(scripts / "direct_pairs.py"))


def drawn(world: Any, score: Any, seed: int) -> Region:
    """A trajectory of a policy."""
    tree = GumbelTree(world, random.Random(seed).random)
    ((leaf, _),) = run_together([tree.descend(tree.root)], score)
    return leaf


def test_bandit_policy_knows_the_probability_a_tree_was_drawn_with(bandits: dict[str, Any]) -> None:
    """Which is 1 for forced decisions, so that they have no gradient."""
    world = SpanningTrees(Graph(4), [1.0] * 6)
    policy = bandits["EdgePolicy"](6, lr=0.5)
    policy.descend(-(policy.logits * torch.tensor([1.0, -1, 2, 0, 1, -2])).sum())
    leaf = drawn(world, policy.score, seed=3)
    (log_prob,) = policy.log_probs([(0, leaf)])
    assert log_prob.item() == pytest.approx(leaf.log_prob)
    (gradient,) = torch.autograd.grad(log_prob, policy.logits)
    probability = policy.logits.sigmoid().tolist()
    for edge, (action, valid) in enumerate(zip(leaf.actions, leaf.passed, strict=True)):
        expected = action - probability[edge] if len(valid) > 1 else 0.0
        assert gradient[edge].item() == pytest.approx(expected)


def test_a_round_of_the_bandit_moves_the_policy_towards_what_was_found(
    bandits: dict[str, Any],
) -> None:
    """The best tree pays most of all: it becomes what the policy draws."""
    graph, means = Graph(4), torch.linspace(0.1, 2.0, 6).numpy()
    estimator = DirPg(2.0, alpha=0.0, budget=100)
    played = bandits["direct"](graph, means, 100, estimator, 0.1, seed=0)
    assert played.returns[-30:].mean() > 1.1 * played.returns[:30].mean()
    assert (played.steps <= 100 + 6).all() and (played.trees >= 1).all()


def test_deep_sea_policy_knows_the_probability_a_path_was_drawn_with(
    deep_sea: dict[str, Any],
) -> None:
    policy = deep_sea["CellPolicy"](runs=2)
    with torch.no_grad():
        policy.logits.normal_(generator=torch.Generator().manual_seed(0))
    table = policy.table().tolist()

    def score(requests: Any) -> list[list[float]]:
        return [table[1][r.state.depth][r.state.rights] for _, r in requests]

    leaves = [drawn(DeepSea(5), score, seed) for seed in range(5)]
    found = policy.log_probs(torch.ones(5, dtype=torch.long), leaves)
    assert found.tolist() == pytest.approx([leaf.log_prob for leaf in leaves])
    every = policy.log_probs(torch.tensor([0] * 16), list(enumerate_trajectories(DeepSea(5))))
    assert every.exp().sum().item() == pytest.approx(1.0)
    assert every[[0, -1]].exp().tolist() == pytest.approx(policy.pure_paths()[0].tolist())


@pytest.mark.parametrize("epsilon", [-1.0, 3.0])
def test_deep_sea_searches_are_complete(deep_sea: dict[str, Any], epsilon: float) -> None:
    """a_dir is distributed as pi * exp(epsilon R) (eq. 12): bounds leave nothing better aside."""
    number, world = 1000, DeepSea(5, treasure=2.0)
    options = DirectSearch(epsilon, budget=deep_sea["ENOUGH"], first_improvement=False)
    outlook = deep_sea["outlook"](world, epsilon)
    searches = [
        direct_search(GumbelTree(world, random.Random(f"n{seed}").random), options, outlook)
        for seed in range(number)
    ]
    pairs = run_together(searches, uniform_scores)
    returns = torch.tensor([t.reward for t in enumerate_trajectories(world)])
    tilted = (epsilon * returns).softmax(0)
    mean = (tilted * returns).sum()
    error = ((tilted * (returns - mean) ** 2).sum() / number).sqrt()
    found = torch.tensor([world.reward(pair.best.state) for pair in pairs]).mean()
    assert abs(found - mean) < 3 * error
    assert sum(pair.steps for pair in pairs) < 0.8 * 30 * number, "bounds save steps"


def test_pairs_become_a_batch_of_an_example_a_search(direct_pairs: dict[str, Any]) -> None:
    """A search without an improvement counts as an example and has no trajectory."""
    worlds = [DeepSea.draw(random.Random(seed)) for seed in range(12)]
    options = DirectSearch(2.0, budget=1000, first_improvement=False)
    searches = [
        direct_search(
            GumbelTree(world, random.Random(f"g{seed}").random),
            options,
            direct_pairs["WorldOutlook"](world, lambda _: 10.0),
        )
        for seed, world in enumerate(worlds)
    ]
    pairs = run_together(searches, uniform_scores)
    improved = [pair.improved for pair in pairs]
    assert 0 < sum(improved) < 12
    log_prob = torch.full((2 * sum(improved),), -2.0, requires_grad=True)
    batch = direct_pairs["scored_pairs"](pairs, worlds, lambda leaves: log_prob)
    expected = [n for n, better in enumerate(improved) if better for _ in range(2)]
    assert batch.num_examples == 12 and batch.example_N.tolist() == expected
    paid = [w.reward(leaf.state) for w, p in zip(worlds, pairs, strict=True) if p.improved
            for leaf in (p.best, p.opt)]  # fmt: skip
    assert batch.reward_N.tolist() == pytest.approx(paid)
    loss, report = DirPg(2.0).loss(batch)
    (gradient,) = torch.autograd.grad(loss, log_prob)
    # Eq. 10, a mean over all searches: towards the better trajectory and away from the draw.
    each = 1.0 / (2.0 * 12)
    assert gradient.tolist() == pytest.approx([-each, each] * sum(improved))
    assert report["improved"].item() == pytest.approx(sum(improved) / 12)


def test_searches_without_an_improvement_have_no_gradient(direct_pairs: dict[str, Any]) -> None:
    world = DeepSea(5)
    leaf = drawn(world, uniform_scores, seed=0)
    nothing = torch.zeros(0, requires_grad=True)
    batch = direct_pairs["scored_pairs"](
        [DirectPair(leaf, leaf, [leaf], 4)], [world], lambda _: nothing
    )
    loss, report = DirPg(2.0).loss(batch)
    assert loss.item() == 0.0 and report["improved"].item() == 0.0


def test_scripts_write_their_pages(
    bandits: dict[str, Any],
    deep_sea: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folders = ["--out", str(tmp_path), "--images", str(tmp_path)]
    small = ["--nodes", "4", "--runs", "2", "--rounds", "20", *folders]
    monkeypatch.setattr(sys, "argv", ["dirpg_bandits.py", *small])
    bandits["main"]()
    monkeypatch.setattr(
        sys,
        "argv",
        ["dirpg_deep_sea.py", "--updates", "10", "--batch", "2", "--seeds", "2", *folders],
    )
    deep_sea["main"]()
    for name in ("dirpg_bandits", "dirpg_deep_sea"):
        assert "|" in (tmp_path / f"{name}.md").read_text(encoding="utf-8")
        assert (tmp_path / f"{name}.png").stat().st_size > 1000
