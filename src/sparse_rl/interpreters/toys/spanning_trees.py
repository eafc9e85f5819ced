"""Spanning trees of a graph as sequences of decisions: a combinatorial bandit.

Lorberbom et al., 2020 (arXiv 1906.06062): one decision per edge, in a fixed order. A decision is
forced, with a single valid action, where only one of both can still lead to a tree.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import NamedTuple

SKIP, TAKE = 0, 1
Edge = tuple[int, int]


class Graph:
    """A connected graph, and what may be decided about its edges.

    Args:
        nodes: their number.
        edges: pairs of nodes in the order of the decisions; those of the complete graph by default.

    Raises:
        ValueError: the graph is not connected.
    """

    def __init__(self, nodes: int, edges: Sequence[Edge] | None = None) -> None:
        self.nodes = nodes
        self.edges = list(itertools.combinations(range(nodes), 2) if edges is None else edges)
        if len(set(self._components((1 << len(self.edges)) - 1))) != 1:
            raise ValueError(f"connect all {nodes} nodes: there is no spanning tree")
        # Worlds of the same graph share what was worked out.
        self.valid = functools.cache(self._valid)

    def greatest_tree(self, weights: Sequence[float]) -> list[int]:
        """Numbers of the edges of the spanning tree of the greatest sum (Kruskal)."""
        part, chosen = list(range(self.nodes)), []
        for place in sorted(range(len(self.edges)), key=lambda place: -weights[place]):
            a, b = self.edges[place]
            if part[a] != part[b]:
                part = _joined(part, a, b)
                chosen.append(place)
        return chosen

    def _valid(self, place: int, mask: int) -> tuple[int, ...]:
        """Options at edge number `place` with the edges of a bit mask taken."""
        parts = self._components(mask)
        a, b = self.edges[place]
        rest = ((1 << len(self.edges)) - 1) >> (place + 1) << (place + 1)
        options = []
        if len(set(self._components(mask | rest))) == 1:
            options.append(SKIP)
        if parts[a] != parts[b]:
            options.append(TAKE)
        return tuple(options)

    def _components(self, mask: int) -> list[int]:
        """Number of the component of every node with the edges of a bit mask."""
        part = list(range(self.nodes))
        for place, (a, b) in enumerate(self.edges):
            if mask >> place & 1 and part[a] != part[b]:
                part = _joined(part, a, b)
        return part


def _joined(part: list[int], a: int, b: int) -> list[int]:
    """Components after an edge between two nodes."""
    old, new = part[a], part[b]
    return [new if p == old else p for p in part]


class SpanningTreeState(NamedTuple):
    """Decisions so far.

    Attributes:
        decided: number of edges that are decided.
        taken: bit mask of the edges taken.
        gained: their reward.
    """

    decided: int
    taken: int
    gained: float


class SpanningTrees:
    """The world of one round of the bandit: what the edges pay is fixed.

    Args:
        graph: may be shared by many rounds.
        rewards: what each edge pays, in the order of the graph's edges.

    Raises:
        ValueError: there is not one reward for each edge.
    """

    symbols = (SKIP, TAKE)

    def __init__(self, graph: Graph, rewards: Sequence[float]) -> None:
        if len(rewards) != len(graph.edges):
            raise ValueError(f"give {len(graph.edges)} rewards, one an edge: got {len(rewards)}")
        self._graph, self._rewards = graph, rewards

    def start(self) -> SpanningTreeState:
        return SpanningTreeState(0, 0, 0.0)

    def valid_actions(self, state: SpanningTreeState, /) -> tuple[int, ...]:
        return () if self.is_terminal(state) else self._graph.valid(state.decided, state.taken)

    def step(self, state: SpanningTreeState, action: int, /) -> SpanningTreeState:
        decided, taken, gained = state
        gained += action * self._rewards[decided]
        return SpanningTreeState(decided + 1, taken | action << decided, gained)

    def is_terminal(self, state: SpanningTreeState, /) -> bool:
        return state.decided == len(self._rewards)

    def reward(self, state: SpanningTreeState, /) -> float:
        """Reward of the edges taken so far; of a terminal state, that of the tree."""
        return state.gained
