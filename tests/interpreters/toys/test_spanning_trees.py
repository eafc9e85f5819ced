"""Decisions about edges against all spanning trees."""

from __future__ import annotations

import random

import pytest

from sparse_rl.interpreters.toys import Graph, SpanningTrees, enumerate_trajectories


@pytest.mark.parametrize(("nodes", "count"), [(2, 1), (3, 3), (4, 16), (5, 125)])
def test_decisions_lead_to_all_spanning_trees_once(nodes: int, count: int) -> None:
    """Cayley: n ** (n - 2) of them, each of n - 1 edges; the best is Kruskal's."""
    graph, rng = Graph(nodes), random.Random(nodes)
    weights = [rng.random() for _ in graph.edges]
    found = list(enumerate_trajectories(SpanningTrees(graph, weights)))
    assert len(found) == len({tree.actions for tree in found}) == count
    for tree in found:
        assert len(tree.actions) == len(graph.edges) and sum(tree.actions) == nodes - 1
        paid = sum(w for w, action in zip(weights, tree.actions, strict=True) if action)
        assert tree.reward == pytest.approx(paid)
    best = graph.greatest_tree(weights)
    assert sum(weights[edge] for edge in best) == pytest.approx(max(t.reward for t in found))


def test_forced_decisions_have_one_valid_action() -> None:
    """On a ring, the last edge closes a circle unless one was left out."""
    graph = Graph(3, [(0, 1), (1, 2), (2, 0)])
    valid = {t.actions: t.valid for t in enumerate_trajectories(SpanningTrees(graph, [1, 1, 1]))}
    assert valid == {
        (0, 1, 1): ((0, 1), (1,), (1,)),
        (1, 0, 1): ((0, 1), (0, 1), (1,)),
        (1, 1, 0): ((0, 1), (0, 1), (0,)),
    }


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="connect all 4 nodes"):
        Graph(4, [(0, 1), (2, 3)])
    with pytest.raises(ValueError, match="give 3 rewards, one an edge: got 2"):
        SpanningTrees(Graph(3), [1.0, 2.0])
