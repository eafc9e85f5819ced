"""Where strategies must agree exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from sparse_rl.estimators import (
    EnergyPrior,
    Estimator,
    Gaca,
    HardEm,
    Iml,
    Mapo,
    Mml,
    Raml,
    Reinforce,
    Stratum,
)
from sparse_rl.replay.strata import Strata

Toy = Any  # the enumerable worlds of conftest.py
B, FRESH = Stratum.B, Stratum.FRESH
EXACT = {"atol": 1e-9, "rtol": 1e-6}
ALL = [
    Reinforce(entropy_weight=0.0),
    Reinforce(baseline="mean", entropy_weight=0.0),
    Iml(),
    Mml(),
    HardEm(),
    Raml(),
    Raml(only_b=True),
    Mapo(),
    Gaca("credit", prior=EnergyPrior(), clip_low=0.1, baseline="mean", beta=-1.0, temper_steps=0),
    Gaca("guided", adaptive=False, prior=EnergyPrior(), clip_low=0.1, baseline="mean"),
]


def name(value: Any) -> str:
    return type(value).__name__


def rewarded(toy: Toy) -> list[list[int]]:
    return [reward.nonzero().flatten().tolist() for reward in toy.rewards]


def rows_of(members: Sequence[Sequence[int]]) -> list[tuple[int, int, Stratum]]:
    return [(s, k, B) for s, kept in enumerate(members) for k in kept]


@pytest.mark.parametrize(
    "estimator", [Mml(), Iml(), HardEm(), Raml(), Raml(only_b=True), Mapo(clip_low=1.0)], ids=name
)
def test_one_rewarded_program_is_the_gradient_of_its_log_probability(
    toy: Toy, estimator: Estimator
) -> None:
    """MML = IML = hard EM (= RAML over B and MAPO with w_B = 1)."""
    members = [kept[:1] for kept in rewarded(toy)]
    loss, _ = estimator.loss(toy.batch(rows_of(members), members))
    parts = [lp[kept].sum() for lp, kept in zip(toy.log_probs(), members, strict=True)]
    value = torch.stack(parts).mean()
    torch.testing.assert_close(toy.grad(loss), -toy.grad(value), **EXACT)


@pytest.mark.parametrize("estimator", ALL, ids=name)
def test_the_order_of_the_programs_is_nothing(toy: Toy, estimator: Estimator) -> None:
    members = rewarded(toy)
    rows = rows_of(members) + [(s, k, FRESH) for s in range(len(members)) for k in (3, 0)]
    forth, back = (
        toy.grad(estimator.loss(toy.batch(order, members))[0]) for order in (rows, rows[::-1])
    )
    torch.testing.assert_close(forth, back, **EXACT)


def test_with_several_rewarded_programs_they_differ(flat: Toy) -> None:
    """The identity above is not empty."""
    members = rewarded(flat)
    estimators: list[Estimator] = [Mml(), Iml(), HardEm()]
    batch = flat.batch(rows_of(members), members)
    found = [flat.grad(estimator.loss(batch)[0]) for estimator in estimators]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert (found[first] - found[second]).abs().max() > 1e-3


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_raml_tends_to_iml(toy: Toy, scale: float) -> None:
    """lam -> 0, all rewarded programs in B, where there is one: draws outside B lose all weight.

    Rewards of a context are equal; IML multiplies by them, RAML does not.
    """
    toy.rewards = [reward * scale for reward in toy.rewards]
    members = rewarded(toy)
    outside = [(s, 0, FRESH) for s, kept in enumerate(members) if kept and 0 not in kept]
    rows = rows_of(members) + outside
    assert outside
    expected = toy.grad(Iml().loss(toy.batch(rows, members))[0])
    for estimator in (Raml(1e-3), Raml(1e-3, only_b=True), Raml(0.7, only_b=True)):
        actual = toy.grad(estimator.loss(toy.batch(rows, members))[0])
        torch.testing.assert_close(scale * actual, expected, **EXACT)
    warm = toy.grad(Raml(0.7).loss(toy.batch(rows, members))[0])
    assert (scale * warm - expected).abs().max() > 1e-3


@pytest.mark.parametrize(
    ("mapo", "reinforce"),
    [
        (Mapo(clip_low=0.5), Reinforce(baseline="none", entropy_weight=0.0)),
        (
            Mapo(clip_low=0.5, baseline="mean"),
            Reinforce(baseline="leave_one_out", entropy_weight=0.0),
        ),
    ],
    ids=name,
)
def test_mapo_with_an_empty_b_is_on_policy_reinforce(
    toy: Toy, mapo: Mapo, reinforce: Reinforce
) -> None:
    """Draw by draw, for any number of draws."""
    empty: list[list[int]] = [[] for _ in toy.worlds]
    toy.rewards = [reward + 0.3 for reward in toy.rewards]
    for chosen in ([0, 1, 4], [2, 2, 5, 1], [4]):
        rows = [(s, k, FRESH) for s in range(len(toy.worlds)) for k in chosen]
        gradients = [
            toy.grad(estimator.loss(toy.batch(rows, empty))[0]) for estimator in (mapo, reinforce)
        ]
        torch.testing.assert_close(*gradients, **EXACT)
        assert gradients[0].abs().max() > 1e-3


@pytest.mark.parametrize("estimator", ALL, ids=name)
def test_a_duplicate_in_the_buffer_changes_nothing(toy: Toy, estimator: Estimator) -> None:
    """A program that is filed again is kept once; one that comes from a file too."""

    def gradient(repeats: int) -> torch.Tensor:
        replay = Strata()
        for s, kept in enumerate(rewarded(toy)):
            for k in kept:
                replay.add_rewarded(str(s), [toy.programs[s][k].actions])
                for _ in range(repeats):
                    replay.add(str(s), toy.programs[s][k])
        places = [{p.actions: k for k, p in enumerate(programs)} for programs in toy.programs]
        members = [
            [places[s][p.actions] for p in replay.rewarded(str(s), world)]
            for s, world in enumerate(toy.worlds)
        ]
        rows = rows_of(members) + [(s, 2, FRESH) for s in range(len(members))]
        out: torch.Tensor = toy.grad(estimator.loss(toy.batch(rows, members))[0])
        return out

    torch.testing.assert_close(gradient(3), gradient(0))


@pytest.mark.parametrize("estimator", [e for e in ALL if name(e) != "Reinforce"], ids=name)
def test_every_row_twice_changes_nothing(toy: Toy, estimator: Estimator) -> None:
    """Weights are shares of an example, not counts."""
    members = rewarded(toy)
    rows = rows_of(members)
    if estimator.plan.fresh and getattr(estimator, "baseline", "none") == "none":
        rows += [(s, k, FRESH) for s in range(len(members)) for k in (2, 3)]
    once, twice = (toy.grad(estimator.loss(toy.batch(r, members))[0]) for r in (rows, rows + rows))
    torch.testing.assert_close(once, twice, **EXACT)
