"""Maximum marginal likelihood by enumeration, and its identities."""

from __future__ import annotations

from typing import Any

import torch

from sparse_rl.estimators import Gaca, Mapo, Mml, Stratum

Toy = Any  # the enumerable worlds of conftest.py
B, FRESH = Stratum.B, Stratum.FRESH


def rewarded(toy: Toy) -> list[list[int]]:
    return [reward.nonzero().flatten().tolist() for reward in toy.rewards]


def rows_of(members: list[list[int]]) -> list[tuple[int, int, Stratum]]:
    return [(s, k, B) for s, kept in enumerate(members) for k in kept]


def test_gradient_is_that_of_the_log_marginal_likelihood(toy: Toy) -> None:
    """log sum_{z in B} pi(z), mean over contexts; a context without B counts zero."""
    members = rewarded(toy)
    loss, _ = Mml().loss(toy.batch(rows_of(members), members))
    parts = [
        lp[kept].logsumexp(0) for lp, kept in zip(toy.log_probs(), members, strict=True) if kept
    ]
    value = torch.stack(parts).sum() / len(toy.worlds)
    torch.testing.assert_close(loss, -value)
    torch.testing.assert_close(toy.grad(loss), -toy.grad(value), atol=1e-9, rtol=1e-6)


def test_general_rewards_weigh_the_programs(masked: Toy) -> None:
    """log sum_{z in B} r(z) pi(z); a program without reward counts nothing."""
    masked.rewards = [torch.linspace(0.0, 3.0, len(r)).double() for r in masked.rewards]
    members = [[0, 2, 3], [1, 5]]
    loss, _ = Mml().loss(masked.batch(rows_of(members), members))
    pairs = zip(masked.log_probs(), masked.rewards, members, strict=True)
    value = torch.stack([(lp[k].exp() * r[k]).sum().log() for lp, r, k in pairs]).mean()
    torch.testing.assert_close(masked.grad(loss), -masked.grad(value))


def test_one_rewarded_program_is_the_gradient_of_its_log_probability(flat: Toy) -> None:
    """MML = IML = hard EM."""
    members = [[], [2], []]
    loss, _ = Mml().loss(flat.batch([(1, 2, B)], members))
    torch.testing.assert_close(flat.grad(loss), -flat.grad(flat.log_probs()[1][2] / 3))


def test_equals_uniform_rho_with_the_whole_coefficient_on_b(toy: Toy) -> None:
    """MML = rho of one, w_B = 1: MAPO with clip_low 1, and credit without its adaptive rho."""
    members = rewarded(toy)
    batch = toy.batch(rows_of(members), members)
    expected = toy.grad(Mml().loss(batch)[0])
    credit = Gaca(reading="credit", adaptive=False, clip_low=1.0, baseline="none")
    for other in (Mapo(clip_low=1.0), credit):
        batch = toy.batch(rows_of(members), members)
        torch.testing.assert_close(toy.grad(other.loss(batch)[0]), expected)


def test_every_row_twice_and_fresh_draws_change_nothing(toy: Toy) -> None:
    members = rewarded(toy)
    rows = rows_of(members)
    expected = toy.grad(Mml().loss(toy.batch(rows, members))[0])
    for more in (rows, [(0, 0, FRESH)]):
        actual = toy.grad(Mml().loss(toy.batch(rows + more, members))[0])
        torch.testing.assert_close(actual, expected)


def test_asks_for_b_alone() -> None:
    plan = Mml(enumerate_up_to=7).plan
    assert (plan.enumerate_up_to, plan.replay_c, plan.fresh) == (7, 0, 0)
