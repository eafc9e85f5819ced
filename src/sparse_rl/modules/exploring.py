"""Systematic exploration with the current policy, one batch at a time."""

from __future__ import annotations

from collections.abc import Sequence

from sparse_rl.modules.decoding import sample
from sparse_rl.modules.drawing import Visit


def explore_batch(visit: Visit, round_: int = 0) -> tuple[int, int]:
    """Draws one program per example that is not exhausted (MAPO Algorithm 1).

    The policy is renormalised on the unexplored actions. Programs are filed in the memory.

    Args:
        visit: the examples.
        round_: number of the walk within the visit.

    Returns:
        The number of walks, and the number of walks that found a program new to B.
    """
    explorers = [
        visit.memory.explorer(id_, world)
        for id_, world in zip(visit.ids, visit.worlds, strict=True)
    ]
    unexhausted = [b for b, explorer in enumerate(explorers) if not explorer.exhausted]
    if not unexhausted:
        return 0, 0

    def allowed(walk: int, actions: tuple[int, ...], valid: tuple[int, ...]) -> Sequence[int]:
        explorer = explorers[unexhausted[walk]]
        key = explorer.root_key + "".join(map(chr, actions))
        # Empty only by false positives of a Bloom filter: the walk may then repeat a program.
        return explorer.allowed(key, valid) or valid

    generators = [visit.generator(b, 2, round_) for b in unexhausted]
    found = sample(visit.policy, visit.encoded, visit.worlds, unexhausted, generators, allowed)
    new = 0
    for example, trajectory in zip(unexhausted, found, strict=True):
        new += visit.memory.file_walk(explorers[example], trajectory)
    return len(unexhausted), new
