"""Statistics of two methods whose runs share regimes and seeds.

The probability of improvement is Agarwal et al.'s (2021, "Deep Reinforcement Learning at the Edge
of the Statistical Precipice"). Their package `rliable` brings arch, statsmodels, seaborn and more,
and draws the runs of the two methods apart; SciPy's bootstrap keeps a seed's two runs together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import bootstrap

Values = npt.NDArray[np.float64]
Stratum = tuple[Values, Values]
"""Accuracies of two methods in one regime, in the order of the seeds."""

# Of two seeds, the interval would be the two values.
MIN_SEEDS = 3


@dataclass(frozen=True)
class Estimate:
    """A statistic with its 95 % bootstrap interval; None with too few seeds.

    Attributes:
        value: the statistic of all seeds.
        interval: lower and upper end.
    """

    value: float
    interval: tuple[float, float] | None


def difference(strata: Sequence[Stratum]) -> Estimate:
    """Mean of A − B over seeds, averaged over regimes."""
    return _estimate(strata, lambda a_N, b_N: (a_N - b_N).mean(-1))


def improvement(strata: Sequence[Stratum]) -> Estimate:
    """P(A > B) of a run of A and one of B in the same regime, averaged over regimes.

    Over all pairs of runs; a tie counts half.
    """
    return _estimate(
        strata,
        lambda a_N, b_N: (1 + np.sign(a_N[..., :, None] - b_N[..., None, :]).mean((-1, -2))) / 2,
    )


def verdict(name: str, estimate: Estimate) -> str:
    """Says in words what the interval of a difference decides."""
    low, high = estimate.interval or (0.0, 0.0)
    return f"{name} ahead" if low > 0 else f"{name} behind" if high < 0 else "not decided"


def _estimate(strata: Sequence[Stratum], statistic: Callable[[Values, Values], Values]) -> Estimate:
    """Bootstraps over the seeds of each regime: both runs of a seed are drawn together."""

    def mean(*drawn: npt.NDArray[Any], axis: int = -1) -> Values:
        of_regimes = []
        for (a_N, b_N), seeds in zip(strata, drawn, strict=True):
            index = seeds.astype(int)
            of_regimes.append(statistic(a_N[index], b_N[index]))
        averaged: Values = np.mean(of_regimes, axis=0)
        return averaged

    counts = [len(a_N) for a_N, _ in strata]
    seeds = [np.arange(count) for count in counts]
    value = float(mean(*seeds))
    if sum(counts) < MIN_SEEDS or min(counts) < 2:
        return Estimate(value, None)
    found = bootstrap(seeds, mean, method="percentile", vectorized=True, rng=0)
    low, high = found.confidence_interval
    return Estimate(value, (float(low), float(high)))
