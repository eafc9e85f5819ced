"""Hard EM against its written-out objective."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from sparse_rl.estimators import HardEm, Stratum

Toy = Any  # the enumerable worlds of conftest.py
B, FRESH = Stratum.B, Stratum.FRESH


def rewarded(toy: Toy) -> list[list[int]]:
    return [reward.nonzero().flatten().tolist() for reward in toy.rewards]


def rows_of(members: list[list[int]]) -> list[tuple[int, int, Stratum]]:
    return [(s, k, B) for s, kept in enumerate(members) for k in kept]


def test_gradient_is_that_of_the_most_probable_program_of_b(toy: Toy) -> None:
    """max_{z in B} log pi(z), mean over contexts; a context without B counts zero."""
    members = rewarded(toy)
    loss, _ = HardEm().loss(toy.batch(rows_of(members), members))
    pairs = zip(toy.log_probs(), members, strict=True)
    best = [max(lp[k] for k in kept) for lp, kept in pairs if kept]
    value = torch.stack(best).sum() / len(toy.worlds)
    torch.testing.assert_close(loss, -value)
    torch.testing.assert_close(toy.grad(loss), -toy.grad(value), atol=1e-9, rtol=1e-6)


def test_equally_probable_programs_share_the_weight(flat: Toy) -> None:
    flat.theta = torch.zeros_like(flat.theta).requires_grad_()
    rows = [(0, 1, B), (0, 4, B)]
    loss, _ = HardEm().loss(flat.batch(rows, [[1, 4]], contexts=[0]))
    value = flat.log_probs()[0][[1, 4]].mean()
    torch.testing.assert_close(flat.grad(loss), -flat.grad(value), atol=1e-9, rtol=1e-6)


def test_what_is_not_rewarded_is_never_chosen(flat: Toy) -> None:
    """Neither a fresh draw nor a program of B whose reward is zero, however probable."""
    log_prob = flat.log_probs()[0]
    low = min((1, 4, 7), key=log_prob.tolist().__getitem__)
    high = next(k for k in range(11) if k not in (1, 4, 7) and log_prob[k] > log_prob[low])
    for other in (B, FRESH):
        loss, _ = HardEm().loss(flat.batch([(0, low, B), (0, high, other)], [[low]], contexts=[0]))
        torch.testing.assert_close(flat.grad(loss), -flat.grad(log_prob[low]))


def test_asks_for_b_alone() -> None:
    plan = HardEm(enumerate_up_to=7).plan
    assert (plan.enumerate_up_to, plan.replay_c, plan.fresh) == (7, 0, 0)
    with pytest.raises(ValueError, match="set enumerate_up_to to 1 or more"):
        HardEm(enumerate_up_to=0)
