"""What DirPG's experiments share: bounds for the search, and its pairs as a batch to learn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from sparse_rl.estimators import ScoredBatch, Stratum
from sparse_rl.exploration.direct import DirectPair
from sparse_rl.exploration.gumbel import Region
from sparse_rl.interpreters.world import World


class WorldOutlook:
    """An outlook by states: the world's reward so far, and a bound on what follows a state.

    Args:
        world: whose `reward` is defined for every state.
        to_come: bound of a state, see `sparse_rl.exploration.direct.Outlook`.
    """

    def __init__(self, world: World, to_come: Callable[..., float]) -> None:
        self._world, self._to_come = world, to_come

    def gained(self, region: Region, /) -> float:
        return self._world.reward(region.state)

    def to_come(self, region: Region, /) -> float:
        return self._to_come(region.state)


def scored_pairs(
    pairs: Sequence[DirectPair],
    worlds: Sequence[World],
    log_probs: Callable[[Sequence[tuple[int, Region]]], Tensor],
) -> ScoredBatch:
    """The batch of a set of searches, an example each, for `DirPg.loss`.

    A search without an improvement is an example without a trajectory, whose gradient is zero.

    Args:
        pairs: what the searches found.
        worlds: the world of each search.
        log_probs: log pi, shape (N,) with its gradient, of (number of the search, leaf) pairs.
    """
    rows = [
        (number, leaf, stratum)
        for number, pair in enumerate(pairs)
        if pair.improved
        for leaf, stratum in ((pair.best, Stratum.DIRECT), (pair.opt, Stratum.FRESH))
    ]
    log_prob_N = log_probs([(number, leaf) for number, leaf, _ in rows])
    # There is no replay here: the policy's mass of B and C is 0.
    nothing_B = log_prob_N.new_full((len(pairs),), -torch.inf)
    return ScoredBatch(
        log_prob_N=log_prob_N,
        reward_N=log_prob_N.new_tensor([worlds[n].reward(leaf.state) for n, leaf, _ in rows]),
        example_N=torch.tensor([number for number, *_ in rows], dtype=torch.long),
        stratum_N=torch.tensor([int(stratum) for *_, stratum in rows], dtype=torch.long),
        log_mass_b_B=nothing_B,
        log_mass_c_B=nothing_B,
        num_examples=len(pairs),
    )
