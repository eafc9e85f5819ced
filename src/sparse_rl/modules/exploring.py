"""Systematic exploration with the current policy, one batch at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sparse_rl.exploration.explored import Explored
from sparse_rl.exploration.systematic import SystematicExplorer
from sparse_rl.interpreters.world import World
from sparse_rl.modules.decoding import sample
from sparse_rl.modules.drawing import keyed_uniforms
from sparse_rl.modules.policy import Encoded, TablePolicy
from sparse_rl.replay.strata import Strata


def explore_batch(
    policy: TablePolicy,
    encoded: Encoded,
    ids: Sequence[str],
    worlds: Sequence[World],
    explored: Explored,
    replay: Strata,
    visits: Sequence[int],
    seed: int,
) -> tuple[int, int]:
    """Walks every example that is not exhausted once, by the policy (MAPO Algorithm 1).

    The policy is renormalised on the unexplored actions. Programs are filed in the strata.

    Returns:
        The number of walks, and of those that found a program new to B.
    """
    explorers = [
        SystematicExplorer(id_, world, explored) for id_, world in zip(ids, worlds, strict=True)
    ]
    open_ = [example for example, explorer in enumerate(explorers) if not explorer.exhausted]
    if not open_:
        return 0, 0

    def allowed(walk: int, actions: tuple[int, ...], valid: tuple[int, ...]) -> Sequence[int]:
        explorer = explorers[open_[walk]]
        key = explorer.root_key + "".join(map(chr, actions))
        # Empty only by a false positive of a Bloom filter: then the walk may repeat a program.
        return explorer.allowed(key, valid) or valid

    uniforms_NT = np.stack([keyed_uniforms(seed + 2, ids[b], visits[b], 0) for b in open_])
    new = 0
    for example, trajectory in zip(
        open_, sample(policy, encoded, worlds, open_, uniforms_NT, allowed), strict=True
    ):
        explorers[example].record(trajectory)
        new += replay.add(ids[example], trajectory) and trajectory.reward > 0
    return len(open_), new
