"""Reward-augmented maximum likelihood against its written-out target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from sparse_rl.estimators import Raml, Stratum

Toy = Any  # the enumerable worlds of conftest.py
B, C, FRESH = Stratum.B, Stratum.C, Stratum.FRESH
# Chances of the eleven programs of a flat context, times 20; 1, 4 and 7 are rewarded.
COUNTS = [2, 3, 1, 4, 1, 1, 2, 2, 1, 1, 2]
LAMBDAS = [0.1, 0.7, 5.0]


def counted(toy: Toy) -> Toy:
    """The flat world with the chances of COUNTS in every context."""
    toy.theta = torch.tensor(COUNTS * len(toy.worlds)).double().log().requires_grad_()
    return toy


def repeated(programs: Sequence[int], stratum: Stratum) -> list[tuple[int, int, Stratum]]:
    """As many draws of each program as its chance says: a sample without any noise."""
    return [(0, k, stratum) for k in programs for _ in range(COUNTS[k])]


def target_gradient(toy: Toy, lam: float, support: Sequence[int]) -> Tensor:
    """grad of sum q log pi in the first context, q proportional to exp(r / lam) on the support."""
    q = (toy.rewards[0][list(support)] / lam).softmax(0)
    gradient: Tensor = toy.grad((q * toy.log_probs()[0][list(support)]).sum())
    return gradient


@pytest.mark.parametrize("lam", LAMBDAS)
def test_gradient_over_all_programs_enumerated(toy: Toy, lam: float) -> None:
    """E_q[log pi], mean over contexts, with every program scored once."""
    everything = [list(range(len(programs))) for programs in toy.programs]
    rows = [(s, k, B) for s, programs in enumerate(everything) for k in programs]
    loss, _ = Raml(lam).loss(toy.batch(rows, everything))
    pairs = zip(toy.log_probs(), toy.rewards, strict=True)
    value = torch.stack([((r / lam).softmax(0) * lp).sum() for lp, r in pairs]).mean()
    torch.testing.assert_close(loss, -value)
    torch.testing.assert_close(toy.grad(loss), -toy.grad(value), atol=1e-9, rtol=1e-6)


@pytest.mark.parametrize("lam", LAMBDAS)
@pytest.mark.parametrize("members", [[1, 4, 7], [4], []])
@pytest.mark.parametrize("outside", [FRESH, C])
def test_noiseless_draws_give_the_target_over_all_programs(
    flat: Toy, lam: float, members: list[int], outside: Stratum
) -> None:
    """Where the draws have the policy's frequencies, self-normalisation is exact."""
    toy = counted(flat)
    others = [k for k in range(11) if k not in members]
    rows = [(0, k, B) for k in members] + repeated(others, outside)
    unrewarded = [others] if outside == C else None
    batch = toy.batch(rows, [members], unrewarded, contexts=[0])
    actual = toy.grad(Raml(lam).loss(batch)[0])
    expected = target_gradient(toy, lam, range(11))
    torch.testing.assert_close(actual, -expected, atol=1e-9, rtol=1e-6)


def test_weights_of_the_three_strata_are_the_written_out_ones(flat: Toy) -> None:
    """exp(r / lam) in B; times (1 - pi_B)(1 - f) / (n pi) fresh and pi_C f / (n pi) in C."""
    lam, fraction = 0.7, 0.3
    log_prob, reward = flat.log_probs()[0], flat.rewards[0]
    prob = log_prob.detach().exp()
    b, c = [1, 4], [0, 5, 9]
    pi_b, pi_c = prob[b].sum(), prob[c].sum()
    programs = [1, 4, 7, 2, 9]
    strata = [B, B, FRESH, FRESH, C]
    outside = (1 - pi_b) * (1 - fraction) / 2
    stands_for = torch.ones(5).double()
    stands_for[2:4] = outside / prob[[7, 2]]
    stands_for[4] = pi_c * fraction / prob[9]
    q = stands_for * (reward[programs] / lam).exp()
    value = (q / q.sum() * log_prob[programs]).sum()
    rows = [(0, k, stratum) for k, stratum in zip(programs, strata, strict=True)]
    batch = flat.batch(rows, [b], [c], contexts=[0])
    actual = flat.grad(Raml(lam, replay_fraction=fraction).loss(batch)[0])
    torch.testing.assert_close(actual, -flat.grad(value), atol=1e-9, rtol=1e-6)


@pytest.mark.parametrize("lam", LAMBDAS)
def test_only_b_is_the_target_over_b(toy: Toy, lam: float) -> None:
    """w_B = 1: what lies outside B has no effect, nor has a context without B."""
    toy.rewards = [torch.linspace(0.5, 3.0, len(reward)).double() for reward in toy.rewards]
    members = [[1, 4, 5], [2, 3], []][: len(toy.worlds)]
    rows = [(s, k, B) for s, kept in enumerate(members) for k in kept]
    rows += [(s, 0, FRESH) for s in range(len(members))]
    loss, report = Raml(lam, only_b=True).loss(toy.batch(rows, members))
    triples = zip(toy.log_probs(), toy.rewards, members, strict=True)
    parts = [((r[k] / lam).softmax(0) * lp[k]).sum() for lp, r, k in triples if k]
    value = torch.stack(parts).sum() / len(toy.worlds)
    torch.testing.assert_close(toy.grad(loss), -toy.grad(value), atol=1e-9, rtol=1e-6)
    assert report["nan_examples"] == 0.0


def test_a_target_of_any_sharpness_stays_finite(flat: Toy) -> None:
    """Nothing is exponentiated before it is normalised."""
    flat.theta = (300.0 * flat.theta.detach()).requires_grad_()
    rows = [(0, 1, B), (0, 4, B), (0, 2, FRESH), (1, 0, FRESH)]
    loss, report = Raml(1e-5).loss(flat.batch(rows, [[1, 4], [2]], contexts=[0, 1]))
    assert loss.isfinite() and flat.grad(loss).isfinite().all()
    assert report["nan_examples"] == 0.0


def test_options() -> None:
    plan = Raml(enumerate_up_to=5, replay_c=2, fresh=3).plan
    assert (plan.enumerate_up_to, plan.replay_c, plan.fresh) == (5, 2, 3)
    plan = Raml(only_b=True, replay_c=2, fresh=3).plan
    assert (plan.replay_c, plan.fresh) == (0, 0)
    with pytest.raises(ValueError, match="set lam above 0"):
        Raml(lam=0.0)
    with pytest.raises(ValueError, match="set replay_fraction between"):
        Raml(replay_fraction=2.0)
