"""MAPO by enumeration, its identities, and its variance by simulation."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from sparse_rl.estimators import Mapo, ScoredBatch, Stratum

Toy = Any  # the enumerable worlds of conftest.py
B, C, FRESH = Stratum.B, Stratum.C, Stratum.FRESH


def some_of_b(toy: Toy) -> list[list[int]]:
    """B keeps all the rewarded programs of a context but the last; empty where there is one."""
    return [reward.nonzero().flatten().tolist()[:-1] for reward in toy.rewards]


def mapo_gradient(toy: Toy, members: list[list[int]], clip_low: float) -> torch.Tensor:
    """MAPO eq. 5-6 written out, with w_B = max(pi_B, clip_low), and 0 where B is empty."""
    value = toy.theta.new_zeros(())
    for log_prob, reward, kept in zip(toy.log_probs(), toy.rewards, members, strict=True):
        prob = log_prob.detach().exp()
        outside = [k for k in range(len(prob)) if k not in kept]
        pi_b = float(prob[kept].sum())
        outer = max(pi_b, clip_low) if kept else 0.0
        for k in kept:
            value = value + outer * prob[k] / pi_b * reward[k] * log_prob[k]
        for k in outside:
            value = value + (1 - outer) * prob[k] / (1 - pi_b) * reward[k] * log_prob[k]
    gradient: torch.Tensor = toy.grad(value / len(toy.worlds))
    return gradient


def expected_reward_gradient(toy: Toy) -> torch.Tensor:
    """grad E_pi[r], exactly."""
    values = [(lp.exp() * r).sum() for lp, r in zip(toy.log_probs(), toy.rewards, strict=True)]
    gradient: torch.Tensor = toy.grad(torch.stack(values).mean())
    return gradient


@pytest.mark.parametrize("clip_low", [0.0, 0.1, 0.6, 1.0])
def test_expected_gradient_is_equations_5_and_6(toy: Toy, clip_low: float) -> None:
    members = some_of_b(toy)
    expected = mapo_gradient(toy, members, clip_low)
    actual = toy.expected_gradient(Mapo(clip_low=clip_low), members)
    assert expected.abs().max() > 1e-3
    torch.testing.assert_close(actual, expected, atol=1e-9, rtol=1e-6)


@pytest.mark.parametrize("draws", [1, 2])
@pytest.mark.parametrize("baseline", ["none", "mean"])
def test_unclipped_is_the_exact_policy_gradient(toy: Toy, baseline: Any, draws: int) -> None:
    """w_B = pi_B: the expectation is grad E[r], with the leave-one-out baseline too."""
    actual = toy.expected_gradient(Mapo(clip_low=0.0, baseline=baseline), some_of_b(toy), draws)
    torch.testing.assert_close(actual, expected_reward_gradient(toy), atol=1e-9, rtol=1e-6)


def test_empty_b_is_on_policy_reinforce(toy: Toy) -> None:
    """Draw by draw: r grad log pi, although clip_low is 0.5."""
    empty: list[list[int]] = [[] for _ in toy.worlds]
    rows = [(s, k, FRESH) for s in range(len(toy.worlds)) for k in (0, 1, 4)]
    actual = toy.grad(Mapo(clip_low=0.5).loss(toy.batch(rows, empty))[0])
    log_probs = toy.log_probs()
    value = sum(toy.rewards[s][k] * log_probs[s][k] / 3 for s, k, _ in rows)
    torch.testing.assert_close(actual, -toy.grad(value / len(toy.worlds)))
    expectation = toy.expected_gradient(Mapo(clip_low=0.5), empty)
    torch.testing.assert_close(expectation, expected_reward_gradient(toy))


def test_top_k_of_b_stands_for_the_whole_of_its_mass(flat: Toy) -> None:
    """Outer coefficient pi_B of all of B, weights inside B over what was drawn."""
    members = [[1, 4, 7]]
    batch = flat.batch([(0, 1, B), (0, 4, B)], members, contexts=[0])
    actual = flat.grad(Mapo(clip_low=0.0).loss(batch)[0])
    log_prob = flat.log_probs()[0]
    prob = log_prob.detach().exp()
    pi_b, drawn = prob[[1, 4, 7]].sum(), prob[[1, 4]].sum()
    value = (pi_b * prob[[1, 4]] / drawn * log_prob[[1, 4]]).sum()
    torch.testing.assert_close(actual, -flat.grad(value))


@pytest.mark.parametrize("clip_low", [0.0, 0.3])
def test_every_row_twice_changes_nothing(toy: Toy, clip_low: float) -> None:
    members = some_of_b(toy)
    rows = [(s, k, B) for s, kept in enumerate(members) for k in kept]
    rows += [(s, k, FRESH) for s in range(len(toy.worlds)) for k in (0, 3)]
    estimator = Mapo(clip_low=clip_low)
    once = toy.grad(estimator.loss(toy.batch(rows, members))[0])
    twice = toy.grad(estimator.loss(toy.batch(rows + rows, members))[0])
    torch.testing.assert_close(once, twice)


def replicates(
    logits_V: torch.Tensor, reward_V: torch.Tensor, kept: list[int], fresh: int, repeats: int
) -> torch.Tensor:
    """One independent gradient estimate per example: every example has its own logits."""
    generator = torch.Generator().manual_seed(5)
    logits_RV = logits_V.expand(repeats, -1).clone().requires_grad_()
    log_prob_RV = logits_RV.log_softmax(1)
    prob_V = logits_V.softmax(0)
    # Rejection: draw from the policy, and draw again while the program is in B.
    action_RN = torch.multinomial(prob_V, repeats * fresh, True, generator=generator)
    while (again := torch.isin(action_RN, torch.tensor(kept, dtype=torch.long))).any():
        more = torch.multinomial(prob_V, int(again.sum()), True, generator=generator)
        action_RN = action_RN.masked_scatter(again, more)
    chosen = torch.tensor(kept, dtype=torch.long).expand(repeats, -1)
    program_RN = torch.cat([chosen, action_RN.view(repeats, fresh)], 1)
    kind_N = torch.tensor([int(B)] * len(kept) + [int(FRESH)] * fresh)
    mass = prob_V[kept].sum().log() if kept else torch.tensor(-math.inf).double()
    batch = ScoredBatch(
        log_prob_N=log_prob_RV.gather(1, program_RN).flatten(),
        reward_N=reward_V[program_RN].flatten(),
        example_N=torch.arange(repeats).repeat_interleave(program_RN.shape[1]),
        stratum_N=kind_N.repeat(repeats),
        log_mass_b_B=mass.expand(repeats),
        log_mass_c_B=torch.full((repeats,), -math.inf).double(),
        num_examples=repeats,
    )
    (grad_RV,) = torch.autograd.grad(Mapo(clip_low=0.0).loss(batch)[0] * repeats, logits_RV)
    return -grad_RV


@pytest.mark.parametrize("pi_b", [0.01, 0.1, 0.5])
def test_unbiased_by_simulation_with_less_variance_than_reinforce(pi_b: float) -> None:
    """MAPO section 4 and appendix C: within 3 standard errors of grad E[r], variance below.

    B holds two programs of mass pi_b; one rewarded program, of half that odds, is outside.
    At equal numbers of scored programs, B's included.
    """
    prob_V = torch.tensor([0.7, 0.3, 0.5 * pi_b, 1.0, 2.0, 1.5, 1.0, 0.5]).double()
    prob_V[:2] *= pi_b
    prob_V[2:] *= (1 - pi_b) / prob_V[2:].sum()
    reward_V = torch.tensor([1.0, 1, 1, 0, 0, 0, 0, 0]).double()
    logits_V, repeats, samples = prob_V.log(), 20_000, 8
    exact_V = prob_V * (reward_V - (prob_V * reward_V).sum())

    stratified_RV = replicates(logits_V, reward_V, [0, 1], samples - 2, repeats)
    reinforce_RV = replicates(logits_V, reward_V, [], samples, repeats)
    for estimate_RV in (stratified_RV, reinforce_RV):
        error_V = estimate_RV.std(0) / math.sqrt(repeats)
        assert ((estimate_RV.mean(0) - exact_V).abs() <= 3 * error_V + 1e-12).all()
    ratio = float(stratified_RV.var(0).sum() / reinforce_RV.var(0).sum())
    print(f"pi_B = {pi_b}: variance of MAPO / REINFORCE = {ratio:.3f}")
    assert ratio < 1.0


def test_options_are_checked() -> None:
    with pytest.raises(ValueError, match="set clip_low between"):
        Mapo(clip_low=1.5)
    plan = Mapo(fresh=3, enumerate_up_to=5).plan
    assert (plan.fresh, plan.enumerate_up_to, plan.replay_c) == (3, 5, 0)
    assert Mapo().prior is None
