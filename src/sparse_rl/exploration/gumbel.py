"""Trajectories in the order of their perturbed log-probabilities, without enumeration.

Every trajectory a has G(a) = log pi(a) + Gumbel(0) noise. The argmax of G is an exact draw from
the policy, and descending G gives draws without replacement. The noise of a tree is drawn lazily
from the root (Maddison, Tarlow and Minka, 2014; direct policy gradients, Algorithm 2): a region of
trajectories first gets its greatest G, and the part split off keeps it.

A search is a generator, independent of the policy: it yields a region whose next actions need
scores, and is sent their log-probabilities. `run_together` scores the requests of many searches
with one call.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Generator, Sequence
from itertools import count
from typing import Any, TypeVar

from sparse_rl.interpreters.world import Trajectory, World, valid_options

Uniform = Callable[[], float]
"""Draws from [0, 1)."""

T = TypeVar("T")
Search = Generator["Region", Sequence[float], T]
"""Yields regions to score, is sent the log-probabilities of their `valid`, returns its result."""

Score = Callable[[Sequence[tuple[int, "Region"]]], Sequence[Sequence[float]]]
"""Log-probabilities of the valid next actions, for (number of the search, region) pairs."""


def standard_gumbel(uniform: Uniform) -> float:
    """Draws from Gumbel(0)."""
    # The generator may return 0, whose logarithm is undefined.
    return -math.log(-math.log(max(uniform(), 2.0**-54)))


def truncated(gumbel: float, bound: float) -> float:
    """Turns a draw from Gumbel(mu) into one from Gumbel(mu) conditioned on being below `bound`.

    -log(exp(-bound) + exp(-gumbel)), without overflow.
    """
    return min(gumbel, bound) - math.log1p(math.exp(-abs(gumbel - bound)))


class Region:
    """All trajectories that continue a prefix by one of its open actions.

    Attributes:
        state: the world's state at the prefix.
        actions: the prefix.
        passed: valid set at each step of the prefix.
        valid: valid set at the prefix's end; empty where the trajectory is finished.
        log_prob: log pi of the prefix.
        gumbel: greatest G of the region's trajectories.
        scored: whether the next actions have log-probabilities.
    """

    __slots__ = (
        "_log_p",
        "_open",
        "_total",
        "_weights",
        "actions",
        "gumbel",
        "log_prob",
        "passed",
        "scored",
        "state",
        "valid",
    )

    def __init__(
        self,
        world: World,
        state: Any,
        actions: tuple[int, ...],
        passed: tuple[tuple[int, ...], ...],
        log_prob: float,
        gumbel: float,
    ) -> None:
        self.state = state
        self.actions = actions
        self.passed = passed
        self.valid = valid_options(world, state)
        self.log_prob = log_prob
        self.gumbel = gumbel
        self.scored = False

    @property
    def open_actions(self) -> Sequence[int]:
        """Next actions that are not split off."""
        return self._open if self.scored else self.valid

    @property
    def empty(self) -> bool:
        """Whether all next actions are split off."""
        return not self.open_actions

    def open(self, log_probs: Sequence[float]) -> None:
        """Sets the log-probabilities of `valid`; actions of probability 0 are never drawn.

        Raises:
            ValueError: their number is not the number of valid actions, or none is possible.
        """
        pairs = zip(self.valid, log_probs, strict=True)
        possible = [(action, value) for action, value in pairs if value > -math.inf]
        if not possible:
            raise ValueError(f"give a valid action a probability above 0 after {self.actions}")
        self._open = [action for action, _ in possible]
        self._log_p = [value for _, value in possible]
        self.scored = True
        self._weigh()

    def take(self, uniform: Uniform) -> tuple[int, float]:
        """Draws an open action and closes it; returns the action and its log-probability."""
        rest = uniform() * self._total
        place = 0
        while rest >= self._weights[place] and place + 1 < len(self._weights):
            rest -= self._weights[place]
            place += 1
        action, log_p = self._open.pop(place), self._log_p.pop(place)
        if self._open:
            log_mass = self.log_prob + self._weigh()
            self.gumbel = truncated(log_mass + standard_gumbel(uniform), self.gumbel)
        return action, log_p

    def trajectory(self, world: World) -> Trajectory:
        """Returns the finished trajectory."""
        return Trajectory(self.actions, self.passed, float(world.reward(self.state)))

    def _weigh(self) -> float:
        """Sets the open actions' weights; returns the log of their total probability."""
        # Relative to the greatest, so that the weights of improbable actions do not all underflow.
        top = max(self._log_p)
        self._weights = [math.exp(value - top) for value in self._log_p]
        self._total = sum(self._weights)
        return top + math.log(self._total)


class GumbelTree:
    """The lazy process on one world.

    Args:
        world: a deterministic world; the search steps from a prefix's state several times.
        uniform: source of all noise, e.g. `random.Random(seed).random`.

    Attributes:
        root: the region of all trajectories.
        steps: number of world steps so far.
    """

    def __init__(self, world: World, uniform: Uniform) -> None:
        self.world = world
        self.steps = 0
        self.root = Region(world, world.start(), (), (), 0.0, standard_gumbel(uniform))
        self._uniform = uniform

    def split(self, region: Region) -> Search[Region]:
        """Splits off the next action that the region's greatest trajectory takes.

        The child inherits G; the rest of the region, unless it is empty, gets a smaller one.
        """
        if not region.scored:
            # A forced action needs no score. Roots are always scored: searches begin together.
            forced = len(region.valid) == 1 and region.actions
            region.open((0.0,) if forced else (yield region))
        gumbel = region.gumbel
        action, log_p = region.take(self._uniform)
        self.steps += 1
        return Region(
            self.world,
            self.world.step(region.state, action),
            (*region.actions, action),
            (*region.passed, region.valid),
            region.log_prob + log_p,
            gumbel,
        )

    def descend(self, region: Region) -> Search[tuple[Region, list[Region]]]:
        """Follows the region's greatest trajectory to its end.

        Returns:
            The finished trajectory, and the remaining regions along its path.
        """
        left = []
        while region.valid:
            child = yield from self.split(region)
            if not region.empty:
                left.append(region)
            region = child
        return region, left


def without_replacement(tree: GumbelTree, number: int) -> Search[list[Region]]:
    """Draws up to `number` trajectories without replacement, by descending G."""
    found: list[Region] = []
    # Regions have no order: the second entry breaks ties.
    ties = count()
    queue = [(-tree.root.gumbel, next(ties), tree.root)]
    while queue and len(found) < number:
        leaf, left = yield from tree.descend(heapq.heappop(queue)[2])
        found.append(leaf)
        for region in left:
            heapq.heappush(queue, (-region.gumbel, next(ties), region))
    return found


def uniform_scores(requests: Sequence[tuple[int, Region]]) -> list[list[float]]:
    """The policy that takes every valid action with equal probability."""
    return [[-math.log(len(region.valid))] * len(region.valid) for _, region in requests]


def run_together(searches: Sequence[Search[T]], score: Score) -> list[T]:
    """Runs searches in lockstep; each round, one call of `score` serves all waiting searches."""
    results: dict[int, T] = {}
    answers: list[tuple[int, Sequence[float] | None]] = [(n, None) for n in range(len(searches))]
    while answers:
        asked: list[tuple[int, Region]] = []
        for number, answer in answers:
            search = searches[number]
            try:
                region = next(search) if answer is None else search.send(answer)
            except StopIteration as end:
                results[number] = end.value
            else:
                asked.append((number, region))
        log_probs = score(asked) if asked else ()
        answers = [(n, values) for (n, _), values in zip(asked, log_probs, strict=True)]
    return [results[number] for number in range(len(searches))]
