"""The worlds of the DirPG experiments against brute force."""

from __future__ import annotations

import itertools
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "experiments"


@pytest.fixture(scope="module")
def bandits() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPTS / "dirpg_bandits.py"))


@pytest.fixture(scope="module")
def deep_sea() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPTS / "dirpg_deep_sea.py"))


def trees(world: Any, state: Any) -> list[int]:
    if world.is_terminal(state):
        return [state[1]]
    below = (trees(world, world.step(state, a)) for a in world.valid_actions(state))
    return list(itertools.chain.from_iterable(below))


@pytest.mark.parametrize(("nodes", "count"), [(3, 3), (4, 16), (5, 125)])
def test_decisions_lead_to_all_spanning_trees_once(
    bandits: dict[str, Any], nodes: int, count: int
) -> None:
    """Cayley: n ** (n - 2) of them, each of n - 1 edges; the best is Kruskal's."""
    graph = bandits["Graph"](nodes)
    means = np.random.default_rng(0).random(len(graph.edges))
    world = bandits["Round"](graph, means.tolist())
    found = trees(world, world.start())
    assert len(found) == len(set(found)) == count
    assert {mask.bit_count() for mask in found} == {nodes - 1}
    sums = [sum(means[e] for e in range(len(means)) if mask >> e & 1) for mask in found]
    assert means[bandits["greatest_tree"](graph, means)].sum() == pytest.approx(max(sums))


def test_bandit_policy_gradient_is_that_of_its_log_probability(bandits: dict[str, Any]) -> None:
    """By finite differences; forced decisions have none."""
    import random

    from sparse_rl.exploration.gumbel import GumbelTree, run_together

    graph = bandits["Graph"](4)
    world = bandits["Round"](graph, [1.0] * 6)
    policy = bandits["EdgePolicy"](6, lr=0.1)
    policy.logits = np.random.default_rng(1).normal(size=6)

    def draw() -> Any:
        tree = GumbelTree(world, random.Random(3).random)
        ((leaf, _),) = run_together([tree.descend(tree.root)], policy.score)
        return leaf

    leaf = draw()
    gradient = policy.gradient(leaf)
    for edge in range(6):
        policy.logits[edge] += 1e-6
        moved = draw()
        policy.logits[edge] -= 1e-6
        assert moved.actions == leaf.actions
        slope = (moved.log_prob - leaf.log_prob) / 1e-6
        assert slope == pytest.approx(gradient[edge], abs=1e-4)


def test_deep_sea_pays_what_it_should(deep_sea: dict[str, Any]) -> None:
    """Both pure paths expect 0 (the last right of RRRR pays 1), all others less."""
    expected = deep_sea["costs"]() + np.eye(16)[deep_sea["RIGHT"]]
    pure = [deep_sea["LEFT"], deep_sea["RIGHT"]]
    assert expected[pure] == pytest.approx(0.0)
    assert (np.delete(expected, pure) < -0.3).all()


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
    monkeypatch.setattr(sys, "argv", ["dirpg_deep_sea.py", "--episodes", "20", *folders])
    deep_sea["main"]()
    for name in ("dirpg_bandits", "dirpg_deep_sea"):
        assert "|" in (tmp_path / f"{name}.md").read_text(encoding="utf-8")
        assert (tmp_path / f"{name}.png").stat().st_size > 1000
