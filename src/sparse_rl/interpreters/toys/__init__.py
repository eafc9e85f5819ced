"""Small worlds whose trajectories can all be listed: for tests, documentation and experiments."""

from sparse_rl.interpreters.toys.deep_sea import DeepSea, DeepSeaState
from sparse_rl.interpreters.toys.enumeration import enumerate_trajectories
from sparse_rl.interpreters.toys.spanning_trees import Graph, SpanningTrees, SpanningTreeState
from sparse_rl.interpreters.toys.tree import TreeWorld

__all__ = [
    "DeepSea",
    "DeepSeaState",
    "Graph",
    "SpanningTreeState",
    "SpanningTrees",
    "TreeWorld",
    "enumerate_trajectories",
]
