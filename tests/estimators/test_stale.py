"""Draws of another law than the policy's: truncated importance weights, by enumeration.

Legend: N trajectory in the flat batch.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from sparse_rl.estimators import EnergyPrior, Gaca, Mapo, Raml, Stratum
from sparse_rl.estimators.functional import log1mexp, stale_log_ratio
from sparse_rl.estimators.strata import log_weights

Toy = Any  # the enumerable worlds of conftest.py
B, FRESH = Stratum.B, Stratum.FRESH
STRATA: Any = {"clip_low": 0.1, "baseline": "mean", "beta": -1.0, "temper_steps": 0}


def some_of_b(toy: Toy) -> list[list[int]]:
    """B keeps all the rewarded programs of a context but the last."""
    return [reward.nonzero().flatten().tolist()[:-1] for reward in toy.rewards]


def explored(toy: Toy, members: list[list[int]]) -> list[list[int]]:
    """B, and the first unrewarded program."""
    found = []
    for reward, kept in zip(toy.rewards, members, strict=True):
        found.append([*kept, int((reward == 0).nonzero()[0])])
    return found


def expected_gradient(toy: Toy, estimator: Mapo, draws: int, max_ratio: float) -> torch.Tensor:
    """Ascent direction, enumerated over all draws by an older policy.

    The older policy is renormalised on what is unexplored: B and others are explored.
    """
    members = some_of_b(toy)
    total = torch.zeros_like(toy.theta)
    generator = torch.Generator().manual_seed(7)
    for s, done in enumerate(explored(toy, members)):
        count = len(toy.programs[s])
        older = torch.randn(count, generator=generator).double().softmax(0)
        left = [k for k in range(count) if k not in done]
        older /= older[left].sum()
        for drawn in itertools.product(left, repeat=draws):
            mu_K = older[list(drawn)]
            rows = [(s, k, B) for k in members[s]] + [(s, k, FRESH) for k in drawn]
            batch = toy.batch(rows, members, contexts=[s])
            law = torch.cat([torch.full((len(members[s]),), math.nan), mu_K.log()]).double()
            batch = replace(batch, log_behaviour_N=law, max_ratio=max_ratio)
            total -= mu_K.prod() * toy.grad(estimator.loss(batch)[0])
    return total / len(toy.worlds)


@pytest.mark.parametrize(("draws", "clip_low"), [(1, 0.0), (2, 0.3)])
def test_without_truncation_another_policys_walks_give_the_policys_gradient(
    toy: Toy, draws: int, clip_low: float
) -> None:
    """What is explored and not in B has no reward, so nothing is missing."""
    estimator = Mapo(clip_low=clip_low)
    expected = toy.expected_gradient(estimator, some_of_b(toy))
    actual = expected_gradient(toy, estimator, draws, math.inf)
    assert expected.abs().max() > 1e-3
    torch.testing.assert_close(actual, expected, atol=1e-9, rtol=1e-6)


def test_with_truncation_they_give_less_of_it(toy: Toy) -> None:
    whole, part = (expected_gradient(toy, Mapo(clip_low=0.0), 1, c) for c in (math.inf, 0.01))
    assert not torch.allclose(part, whole, rtol=1e-3)


@pytest.mark.parametrize(
    "estimator",
    [
        Mapo(clip_low=0.2, baseline="mean"),
        Gaca(prior=EnergyPrior(), fresh=2, **STRATA),
        Gaca(reading="guided", prior=EnergyPrior(), fresh=2, **STRATA),
        Raml(fresh=2),
    ],
)
def test_the_policys_own_draws_are_not_changed(toy: Toy, estimator: Any) -> None:
    members = some_of_b(toy)
    rows = [(s, k, B) for s, kept in enumerate(members) for k in kept]
    rows += [(s, k, FRESH) for s in range(len(toy.worlds)) for k in (0, 3)]
    batch = toy.batch(rows, members)
    outside_N = log1mexp(batch.log_mass_b_B)[batch.example_N]
    own_N = batch.log_prob_N.detach() - outside_N
    own_N = torch.where(batch.stratum_N == FRESH, own_N, math.nan)
    plain = toy.grad(estimator.loss(batch)[0])
    for law_N in (own_N, torch.full_like(own_N, math.nan)):
        stale = replace(batch, log_behaviour_N=law_N, max_ratio=1.0)
        torch.testing.assert_close(toy.grad(estimator.loss(stale)[0]), plain)


def test_truncation_bounds_the_weight() -> None:
    log_prob_N = torch.tensor([-1.0, -1.0, -1.0, -1.0], requires_grad=True)
    law_N = torch.tensor([-1.0, -5.0, -0.5, math.nan])
    mass_N = torch.full((4,), -math.inf)
    ratio_N = stale_log_ratio(log_prob_N, law_N, mass_N, 2.0)
    assert ratio_N.exp().tolist() == pytest.approx([1.0, 2.0, math.exp(-0.5), 1.0])
    assert not ratio_N.requires_grad
    # Where B holds everything no weight is left, and 0/0 must not spoil it.
    full_N = stale_log_ratio(log_prob_N, law_N, torch.zeros(4), math.inf)
    assert full_N.tolist() == [0.0] * 4


def test_examples_of_either_kind_do_not_touch_each_other(toy: Toy) -> None:
    members = some_of_b(toy)
    rows = [(s, k, FRESH) for s in range(len(toy.worlds)) for k in (0, 3)]
    batch = toy.batch(rows, members)
    law_N = torch.where(batch.example_N == 0, -2.0, math.nan).double()
    stale = replace(batch, log_behaviour_N=law_N)
    weights = [log_weights(b, 0.1, 1.0, 0.0)[0] for b in (batch, stale)]
    changed = ~torch.isclose(*weights)
    assert changed.tolist() == (batch.example_N == 0).tolist()


def test_the_batch_is_checked(toy: Toy) -> None:
    batch = toy.batch([(0, 0, FRESH)], some_of_b(toy), contexts=[0])
    with pytest.raises(ValueError, match="log_behaviour_N"):
        Mapo().loss(replace(batch, log_behaviour_N=torch.zeros(2)))
    with pytest.raises(ValueError, match="pass max_ratio above 0"):
        Mapo().loss(replace(batch, max_ratio=0.0))
