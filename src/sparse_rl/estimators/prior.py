"""Guiding priors over programs: running template counts, or uniform (GACA eq. 8).

Legend: N trajectory, T step.
"""

from __future__ import annotations

import math
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sparse_rl.bounds import PositiveFraction, bounded
from sparse_rl.interpreters.world import Trajectory

# The total of the counts grows instead of the counts decaying. At MAX_TOTAL the counts are divided
# by it, and templates with a share below MIN_SHARE are dropped.
MAX_TOTAL = 1e12
MIN_SHARE = 1e-12


@dataclass(frozen=True)
class _Abstract:
    """The prior's cached summary of one trajectory, kept as long as the trajectory lives."""

    owner: weakref.ref[Trajectory]
    symbols: Sequence[int]
    template: int
    log_count: float
    log_uniform: float


class Prior(ABC):
    """A distribution over programs that guides the policy; no gradient flows into it.

    It may learn from the trajectories of a step, or from the policy itself, on a schedule.
    """

    @abstractmethod
    def log_prior(
        self, trajectories: Sequence[Trajectory], symbols: Sequence[Sequence[int]]
    ) -> Tensor:
        """Returns log prior(z|s), shape [N], float32, on the CPU, without gradient.

        Args:
            trajectories: N finished walks.
            symbols: N sequences, the symbols of each walk's world (`World.symbols`).

        Raises:
            ValueError: the lengths differ.
        """

    def refresh(self, step: int, tables: Callable[[], Tensor]) -> None:  # noqa: B027
        """Reads the policy before a step.

        Args:
            step: number of the optimiser step.
            tables: log-probabilities of all actions at all steps in all training contexts,
                computed when called.
        """

    def update(  # noqa: B027
        self, trajectories: Sequence[Trajectory], symbols: Sequence[Sequence[int]], weight_N: Tensor
    ) -> None:
        """Learns from a step's trajectories.

        Args:
            trajectories: N finished walks.
            symbols: N sequences, the symbols of each walk's world.
            weight_N: weight of each walk under the policy, at least 0 (`policy_weights`); only
                proportions matter.

        Raises:
            ValueError: the lengths differ, or a weight is negative or not finite.
        """

    def observe(
        self, trajectories: Sequence[Trajectory], symbols: Sequence[Sequence[int]], weight_N: Tensor
    ) -> dict[tuple[int, ...], float]:
        """Returns the observations of a part of a step, which processes exchange for `absorb`."""
        return {}

    def absorb(  # noqa: B027
        self, observations: Sequence[Mapping[tuple[int, ...], float]]
    ) -> None:
        """Updates with the observations of all parts of a step."""

    def state_dict(self) -> dict[str, Any]:
        """Returns the learned state, in tensors and plain containers."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:  # noqa: B027
        """Restores what `state_dict` returned."""


class EnergyPrior(Prior):
    """The uniform prior; it learns nothing."""

    def log_prior(
        self, trajectories: Sequence[Trajectory], symbols: Sequence[Sequence[int]]
    ) -> Tensor:
        """Returns zeros, shape [N]: only differences within a context matter."""
        return torch.zeros(len(trajectories))


class TemplatePrior(Prior):
    """prior(z|s) = (1-k) p(template of z) / N(template, s) + k * uniform walk (GACA eq. 8).

    A template is the sequence of the actions' symbols; N is the product over the steps of the
    number of valid actions with the same symbol, so that a walk along its symbols spreads a
    template's mass, and the sum over the programs of a context is at most one. p is an
    exponential average of the templates' weights in the batches. Where every action is its own
    symbol this is the exact mixture over contexts.
    """

    @bounded
    def __init__(self, rate: PositiveFraction = 0.02, kappa: PositiveFraction = 0.05) -> None:
        """Chooses the averaging and the smoothing.

        Args:
            rate: share of each update in the average. More follows the policy faster and is
                noisier; 0.01 to 0.05.
            kappa: share of the uniform walk, so that no program has prior zero. More guides
                less; 0.01 to 0.2.

        Raises:
            ValueError: an option is outside (0, 1].
        """
        self.rate = rate
        self.kappa = kappa
        self._template: dict[tuple[int, ...], int] = {}
        self._count: list[float] = []
        self._total = 0.0
        self._cache: dict[int, _Abstract] = {}

    def log_prior(
        self, trajectories: Sequence[Trajectory], symbols: Sequence[Sequence[int]]
    ) -> Tensor:
        items = self._abstract(trajectories, symbols)
        # Before the first update the prior is the uniform walk.
        keep = (1.0 - self.kappa) / self._total if self._total else 0.0
        smooth = self.kappa if self._total else 1.0
        rows = [
            (keep * self._count[item.template], -item.log_count, item.log_uniform) for item in items
        ]
        share_N, spread_N, uniform_N = torch.tensor(rows, dtype=torch.float64).reshape(-1, 3).T
        return torch.logaddexp(share_N.log() + spread_N, uniform_N + math.log(smooth)).float()

    def update(
        self, trajectories: Sequence[Trajectory], symbols: Sequence[Sequence[int]], weight_N: Tensor
    ) -> None:
        """p <- (1 - rate) p + rate * the weighted share of each template in the batch."""
        weights = _checked(weight_N, trajectories)
        places = [item.template for item in self._abstract(trajectories, symbols)]
        self._add(places, weights)

    def observe(
        self, trajectories: Sequence[Trajectory], symbols: Sequence[Sequence[int]], weight_N: Tensor
    ) -> dict[tuple[int, ...], float]:
        """Returns the weight of each template in a part of a batch."""
        weights = _checked(weight_N, trajectories)
        observed: dict[tuple[int, ...], float] = {}
        for trajectory, symbol, weight in zip(trajectories, symbols, weights, strict=True):
            template = tuple(int(symbol[action]) for action in trajectory.actions)
            observed[template] = observed.get(template, 0.0) + weight
        return observed

    def absorb(self, observations: Sequence[Mapping[tuple[int, ...], float]]) -> None:
        places = [self._place(template) for part in observations for template in part]
        self._add(places, [weight for part in observations for weight in part.values()])

    def _add(self, places: Sequence[int], weights: Sequence[float]) -> None:
        mass = math.fsum(weights)
        if not mass:
            return
        if not self._total or self.rate == 1.0:
            # The first batch counts in full; so does every batch at rate 1.
            self._count = [0.0] * len(self._count)
            self._total = step = 1.0
        else:
            # Growing the increment equals decaying all counts, at the batch's cost only.
            self._total /= 1.0 - self.rate
            step = self._total * self.rate
        for place, weight in zip(places, weights, strict=True):
            self._count[place] += step * weight / mass
        if self._total > MAX_TOTAL:
            self._compact()

    def state_dict(self) -> dict[str, Any]:
        """Returns sorted templates and their counts, in plain containers and one tensor."""
        seen = [(key, self._count[place]) for key, place in sorted(self._template.items())]
        seen = [(key, count) for key, count in seen if count > 0.0]
        return {
            "templates": [list(key) for key, _ in seen],
            "count": torch.tensor([count for _, count in seen], dtype=torch.float64),
            "total": self._total,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        # The cache holds places in the list of counts, which change here.
        self._cache.clear()
        self._template = {tuple(key): place for place, key in enumerate(state["templates"])}
        self._count = state["count"].tolist()
        self._total = float(state["total"])

    def _compact(self) -> None:
        """Normalises the total to one and drops templates with a negligible share."""
        shares = {key: self._count[place] / self._total for key, place in self._template.items()}
        shares = {key: share for key, share in shares.items() if share >= MIN_SHARE}
        count = torch.tensor(list(shares.values()), dtype=torch.float64)
        self.load_state_dict({"templates": list(shares), "count": count, "total": 1.0})

    def _abstract(
        self, trajectories: Sequence[Trajectory], symbols: Sequence[Sequence[int]]
    ) -> list[_Abstract]:
        if len(symbols) != len(trajectories):
            raise ValueError(f"pass {len(trajectories)} sequences of symbols: got {len(symbols)}")
        return [self._look_up(*pair) for pair in zip(trajectories, symbols, strict=True)]

    def _look_up(self, trajectory: Trajectory, symbols: Sequence[int]) -> _Abstract:
        # Cached by identity, verified by a live reference: hashing the valid sets would cost more
        # than the rest of a step.
        key = id(trajectory)
        item = self._cache.get(key)
        alive = item is not None and item.owner() is trajectory
        if item is None or not alive or not (item.symbols is symbols or item.symbols == symbols):
            item = self._cache[key] = self._describe(trajectory, symbols)
        return item

    def _place(self, template: tuple[int, ...]) -> int:
        """Returns the place of the template's count; a new template gets a new place."""
        place = self._template.setdefault(template, len(self._count))
        if place == len(self._count):
            self._count.append(0.0)
        return place

    def _describe(self, trajectory: Trajectory, symbols: Sequence[int]) -> _Abstract:
        key, cache = id(trajectory), self._cache

        def forget(dead: weakref.ref[Trajectory]) -> None:
            # The id may already belong to a new trajectory.
            if key in cache and cache[key].owner is dead:
                del cache[key]

        template = tuple(int(symbols[action]) for action in trajectory.actions)
        step, action = trajectory.valid_index
        same = np.asarray(symbols)[action] == np.asarray(template)[step]
        counts_T = np.bincount(step[same], minlength=len(template))
        sizes_T = np.bincount(step, minlength=len(template))
        return _Abstract(
            weakref.ref(trajectory, forget),
            symbols,
            self._place(template),
            float(np.log(counts_T).sum()),
            -float(np.log(sizes_T).sum()),
        )


def _checked(weight_N: Tensor, trajectories: Sequence[Trajectory]) -> list[float]:
    weights: list[float] = weight_N.detach().double().tolist()
    if len(weights) != len(trajectories):
        raise ValueError(f"pass {len(trajectories)} weights in weight_N: got {len(weights)}")
    if not all(0.0 <= weight < math.inf for weight in weights):
        raise ValueError("pass weight_N finite and at least 0")
    return weights
