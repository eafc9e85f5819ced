"""Iterative maximum likelihood against its written-out objective."""

from __future__ import annotations

from typing import Any

import torch

from sparse_rl.estimators import Iml, Stratum

Toy = Any  # the enumerable worlds of conftest.py
B, FRESH = Stratum.B, Stratum.FRESH


def rewarded(toy: Toy) -> list[list[int]]:
    return [reward.nonzero().flatten().tolist() for reward in toy.rewards]


def rows_of(members: list[list[int]]) -> list[tuple[int, int, Stratum]]:
    return [(s, k, B) for s, kept in enumerate(members) for k in kept]


def test_gradient_is_that_of_the_mean_log_likelihood_of_b(toy: Toy) -> None:
    """(1/|B|) sum_{z in B} log pi(z), mean over contexts; a context without B counts zero."""
    members = rewarded(toy)
    loss, _ = Iml().loss(toy.batch(rows_of(members), members))
    pairs = zip(toy.log_probs(), members, strict=True)
    value = torch.stack([lp[k].mean() for lp, k in pairs if k]).sum() / len(toy.worlds)
    torch.testing.assert_close(loss, -value)
    torch.testing.assert_close(toy.grad(loss), -toy.grad(value), atol=1e-9, rtol=1e-6)


def test_general_rewards_weigh_the_programs(masked: Toy) -> None:
    """(1/|B|) sum r log pi; a program without reward is not of B."""
    masked.rewards = [torch.linspace(0.0, 3.0, len(r)).double() for r in masked.rewards]
    loss, _ = Iml().loss(masked.batch(rows_of([[0, 2, 3], [1, 5]]), [[0, 2, 3], [1, 5]]))
    pairs = zip(masked.log_probs(), masked.rewards, [[2, 3], [1, 5]], strict=True)
    value = torch.stack([(lp[k] * r[k]).sum() / 2 for lp, r, k in pairs]).mean()
    torch.testing.assert_close(masked.grad(loss), -masked.grad(value), atol=1e-9, rtol=1e-6)


def test_fresh_draws_change_nothing(toy: Toy) -> None:
    members = rewarded(toy)
    rows = rows_of(members)
    expected = toy.grad(Iml().loss(toy.batch(rows, members))[0])
    actual = toy.grad(Iml().loss(toy.batch([*rows, (0, 0, FRESH)], members))[0])
    torch.testing.assert_close(actual, expected)


def test_asks_for_b_alone() -> None:
    plan = Iml(enumerate_up_to=7).plan
    assert (plan.enumerate_up_to, plan.replay_c, plan.fresh) == (7, 0, 0)
