"""The search of direct policy gradients (Lorberbom et al., 2020, arXiv 1906.06062, Algorithm 1).

G(a) = log pi(a) + Gumbel noise. Its argmax is a draw from the policy; the search looks for the
argmax of D(a) = G(a) + epsilon * R(a) under the same noise.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from sparse_rl.bounds import Count, Fraction, check_fields
from sparse_rl.exploration.gumbel import GumbelTree, Region, Search


@dataclass(frozen=True)
class DirectSearch:
    """Options of a direct search.

    Attributes:
        epsilon: weight of the reward against the noise, not 0. Small values make differences rare
            and large in the gradient; with rewards of 0 and 1, use 3 to 10. Below 0 the search
            looks for trajectories worse than the draw.
        alpha: weight of the bound on the remaining reward in the priority; 0 (similar to depth
            first) to 1 (best first).
        budget: world steps of one search, including the draw from the policy, which is always
            finished.
        first_improvement: whether to stop at the first trajectory with a greater D, instead of
            searching for the greatest.
    """

    epsilon: float = 3.0
    alpha: Fraction = 1.0
    budget: Count = 100
    first_improvement: bool = True

    def __post_init__(self) -> None:
        if self.epsilon == 0:
            raise ValueError("set epsilon to anything but 0: the gradient is divided by it")
        check_fields(self)


class Outlook(Protocol):
    """Reward bounds of a region's trajectories."""

    def gained(self, region: Region, /) -> float:
        """Returns the reward of the region's prefix."""
        ...

    def to_come(self, region: Region, /) -> float:
        """Bounds the remaining reward: from above for epsilon > 0, from below for epsilon < 0."""
        ...


@dataclass(frozen=True)
class DirectPair:
    """The result of a direct search.

    Attributes:
        opt: argmax of G, an exact draw from the policy.
        best: the trajectory with the greatest D found; `opt` itself without an improvement.
        met: all trajectories finished in the search, `opt` first.
        steps: number of world steps.
    """

    opt: Region
    best: Region
    met: list[Region]
    steps: int

    @property
    def improved(self) -> bool:
        return self.best is not self.opt


def direct_search(tree: GumbelTree, options: DirectSearch, outlook: Outlook) -> Search[DirectPair]:
    """Draws argmax G, then searches for argmax D under the same noise.

    Expands regions by descending G + epsilon * (gained + alpha * to_come), and prunes regions
    whose bound G + epsilon * (gained + to_come) is not above the best D.
    """
    epsilon = options.epsilon
    opt, waiting = yield from tree.descend(tree.root)
    best, best_direct = opt, opt.gumbel + epsilon * tree.world.reward(opt.state)
    met = [opt]
    queue: list[tuple[float, int, float, Region]] = []
    ties = count()

    def push(region: Region) -> None:
        gained, to_come = outlook.gained(region), outlook.to_come(region)
        priority = region.gumbel + epsilon * (gained + options.alpha * to_come)
        bound = region.gumbel + epsilon * (gained + to_come)
        heapq.heappush(queue, (-priority, next(ties), bound, region))

    for region in waiting:
        push(region)
    while queue and tree.steps < options.budget:
        *_, bound, region = heapq.heappop(queue)
        if bound <= best_direct:
            continue
        child = yield from tree.split(region)
        if not region.empty:
            push(region)
        if child.valid:
            push(child)
            continue
        met.append(child)
        direct = child.gumbel + epsilon * tree.world.reward(child.state)
        if direct > best_direct:
            best, best_direct = child, direct
            if options.first_improvement:
                break
    return DirectPair(opt, best, met, tree.steps)
