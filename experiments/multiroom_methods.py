"""DirPG and its rivals on MultiRoom: from a few layouts to the loss of an update.

Each method gets worlds and a policy, and gives the loss of what it has drawn. REINFORCE and
cross-entropy draw a number of walks in each layout, and compare only walks of the same layout.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from direct_pairs import WorldOutlook, scored_pairs
from multiroom_policy import Policy
from sparse_rl.estimators import DirPg
from sparse_rl.exploration.direct import direct_search
from sparse_rl.exploration.gumbel import GumbelTree, Region, run_together
from sparse_rl.interpreters.rooms.multiroom import MultiRoomWorld

Array = npt.NDArray[np.float64]
Worlds = Sequence[MultiRoomWorld]


@dataclass(frozen=True)
class Credit:
    """A walk and what multiplies the gradient of log pi at each of its steps."""

    world: MultiRoomWorld
    actions: Sequence[int]
    weights: Sequence[float]


@dataclass(frozen=True)
class Drawn:
    """What one update learns from.

    Attributes:
        loss: of the update, with its gradient; None where nothing has one.
        steps: interactions with the environments.
        useful: share of the layouts that have a gradient.
    """

    loss: Tensor | None
    steps: int
    useful: float


Method = Callable[[Worlds, Policy, random.Random], Drawn]
Weigh = Callable[[MultiRoomWorld, list[Region]], list[Credit]]


def draw(worlds: Worlds, policy: Policy, noise: random.Random) -> list[Region]:
    """A walk of the policy in each world."""
    trees = [GumbelTree(world, noise.random) for world in worlds]
    walks = run_together([t.descend(t.root) for t in trees], partial(policy.score, worlds))
    return [leaf for leaf, _ in walks]


def direct(estimator: DirPg, worlds: Worlds, policy: Policy, noise: random.Random) -> Drawn:
    """DirPG: a search in each world."""
    options = estimator.plan.direct
    assert options is not None
    searches = [
        direct_search(GumbelTree(world, noise.random), options, WorldOutlook(world, world.to_come))
        for world in worlds
    ]
    pairs = run_together(searches, partial(policy.score, worlds))

    def log_probs(leaves: Sequence[tuple[int, Region]]) -> Tensor:
        walks = policy.log_probs([(worlds[number], leaf.actions) for number, leaf in leaves])
        return torch.stack([log_p.sum() for log_p in walks])

    improved = sum(pair.improved for pair in pairs)
    loss = estimator.loss(scored_pairs(pairs, worlds, log_probs))[0] if improved else None
    return Drawn(loss, sum(pair.steps for pair in pairs), improved / len(pairs))


def drawn(walks: int, weigh: Weigh, worlds: Worlds, policy: Policy, noise: random.Random) -> Drawn:
    """Several walks in each world, weighed world by world."""
    leaves = draw([world for world in worlds for _ in range(walks)], policy, noise)
    groups = [leaves[n * walks : (n + 1) * walks] for n in range(len(worlds))]
    credits = [weigh(world, group) for world, group in zip(worlds, groups, strict=True)]
    steps = sum(len(leaf.actions) for leaf in leaves)
    loss = weighted(list(chain.from_iterable(credits)), policy)
    return Drawn(loss, steps, sum(map(bool, credits)) / len(worlds))


def weighted(credits: Sequence[Credit], policy: Policy) -> Tensor | None:
    """Minus the sum of weight * log pi over all steps of all walks; None without a walk."""
    if not credits:
        return None
    log_p = policy.log_probs([(credit.world, credit.actions) for credit in credits])
    return -(torch.cat(log_p) * torch.tensor([w for c in credits for w in c.weights])).sum()


def by_walk(world: MultiRoomWorld, leaves: list[Region]) -> list[Credit]:
    """REINFORCE: the return of the walk, less the mean of the others'."""
    advantage = _advantage(np.array([world.reward(leaf.state) for leaf in leaves]))
    return [_even(world, leaf, a) for leaf, a in zip(leaves, advantage.tolist(), strict=True) if a]


def by_action(world: MultiRoomWorld, leaves: list[Region]) -> list[Credit]:
    """REINFORCE with the reward to go, less the mean of the others' at the same time."""
    to_go = np.zeros((len(leaves), world.max_steps))
    for row, leaf in zip(to_go, leaves, strict=True):
        gained = gains(world, leaf.actions)
        row[: len(leaf.actions)] = gained[-1] - gained[:-1]
    advantage = _advantage(to_go)
    return [
        Credit(world, leaf.actions, row[: len(leaf.actions)].tolist())
        for leaf, row in zip(leaves, advantage, strict=True)
        if row.any()
    ]


def by_rank(elite: int, world: MultiRoomWorld, leaves: list[Region]) -> list[Credit]:
    """Cross-entropy: the likelihood of the best walks, as far as they are above the mean."""
    returns = np.array([world.reward(leaf.state) for leaf in leaves])
    best = [n for n in np.argsort(-returns, kind="stable")[:elite] if returns[n] > returns.mean()]
    return [_even(world, leaves[n], 1.0 / len(best)) for n in best]


def gains(world: MultiRoomWorld, actions: Sequence[int]) -> Array:
    """Reward before and after each step of a walk, (T + 1)."""
    states = [world.start()]
    for action in actions:
        states.append(world.step(states[-1], action))
    return np.array([world.reward(state) for state in states])


def _advantage(value_K: Array) -> Array:
    """Each value less the mean of the others, over the number of walks K."""
    return (value_K - value_K.mean(0)) / (len(value_K) - 1)


def _even(world: MultiRoomWorld, leaf: Region, weight: float) -> Credit:
    return Credit(world, leaf.actions, [weight] * len(leaf.actions))
