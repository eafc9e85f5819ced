"""On-policy REINFORCE by enumeration over its draws."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
import torch

from sparse_rl.estimators import Reinforce, Stratum

Toy = Any  # the enumerable worlds of conftest.py
B, C, FRESH = Stratum.B, Stratum.C, Stratum.FRESH


def empty(toy: Toy) -> list[list[int]]:
    """No B: `expected_gradient` then draws from the whole policy."""
    return [[] for _ in toy.worlds]


def expected_reward_gradient(toy: Toy) -> torch.Tensor:
    """grad E_pi[r], exactly."""
    values = [(lp.exp() * r).sum() for lp, r in zip(toy.log_probs(), toy.rewards, strict=True)]
    gradient: torch.Tensor = toy.grad(torch.stack(values).mean())
    return gradient


@pytest.mark.parametrize("draws", [1, 2])
@pytest.mark.parametrize(
    ("baseline", "scale"), [("none", 1.0), ("leave_one_out", 1.0), ("mean", 0.5)]
)
def test_expected_gradient_is_that_of_the_expected_reward(
    toy: Toy, baseline: Any, scale: float, draws: int
) -> None:
    """Unbiased; a draw in its own baseline scales by 1 - 1/n, with no other bias."""
    if baseline == "mean" and draws == 1:
        pytest.skip("the mean of a single draw is refused")
    toy.rewards = [reward + 0.3 for reward in toy.rewards]
    expected = scale * expected_reward_gradient(toy)
    actual = toy.expected_gradient(
        Reinforce(baseline=baseline, entropy_weight=0.0), empty(toy), draws
    )
    assert expected.abs().max() > 1e-3
    torch.testing.assert_close(actual, expected, atol=1e-9, rtol=1e-6)


def test_baselines_are_the_written_out_means(flat: Toy) -> None:
    """Rewards 1, 0, 1 of a context: the coefficients, draw by draw."""
    rows = [(0, 1, FRESH), (0, 2, FRESH), (0, 4, FRESH)]
    log_prob = flat.log_probs()[0][[1, 2, 4]]
    written = {
        "none": [1.0, 0.0, 1.0],
        "mean": [1 - 2 / 3, -2 / 3, 1 - 2 / 3],
        "leave_one_out": [1 - 1 / 2, -1.0, 1 - 1 / 2],
        "group": [(r - 2 / 3) / (3**-0.5 + 1e-4) for r in (1.0, 0.0, 1.0)],
    }
    for baseline, coefficients in written.items():
        estimator = Reinforce(baseline=baseline, entropy_weight=0.0)
        actual = flat.grad(estimator.loss(flat.batch(rows, [[]], contexts=[0]))[0])
        value = (torch.tensor(coefficients).double() * log_prob).sum() / 3
        torch.testing.assert_close(actual, -flat.grad(value), atol=1e-9, rtol=1e-6)


def test_a_group_of_equal_rewards_has_no_gradient_and_leaves_others_as_they_are(flat: Toy) -> None:
    """Rewards 1, 0, 1 of context 0, and none of two draws of context 1."""
    estimator = Reinforce(baseline="group", entropy_weight=0.0)
    equal = [k for k, reward in enumerate(flat.rewards[1].tolist()) if not reward][:2]
    mixed = [(0, 1, FRESH), (0, 2, FRESH), (0, 4, FRESH)]
    both = flat.batch([*mixed, *((1, k, FRESH) for k in equal)], [[], []], contexts=[0, 1])
    alone = flat.grad(estimator.loss(flat.batch(mixed, [[]], contexts=[0]))[0])
    assert alone.abs().max() > 1e-3
    torch.testing.assert_close(2 * flat.grad(estimator.loss(both)[0]), alone)


@pytest.mark.parametrize("baseline", ["none", "mean", "leave_one_out", "group"])
def test_the_memory_has_no_effect(toy: Toy, baseline: Any) -> None:
    """Neither its mass nor its rows; a draw that is in B counts as any other."""
    members = [reward.nonzero().flatten().tolist() for reward in toy.rewards]
    rows = [(s, k, FRESH) for s in range(len(toy.worlds)) for k in (0, 1, 4)]
    assert any(k in members[s] for s, k, _ in rows)
    estimator = Reinforce(baseline=baseline, entropy_weight=0.0)
    alone = toy.grad(estimator.loss(toy.batch(rows, empty(toy)))[0])
    kept = [(s, k, B) for s, inside in enumerate(members) for k in inside]
    more = [*kept, (0, 3, C), *rows]
    for batch in (toy.batch(rows, members), toy.batch(more, members, [[3], *members[1:]])):
        torch.testing.assert_close(toy.grad(estimator.loss(batch)[0]), alone)
    assert alone.abs().max() > 1e-3


def test_entropy_bonus_is_the_gradient_of_the_entropy(flat: Toy) -> None:
    """E_pi[r] + w H(pi): exact where programs have one step."""

    class WithEntropy(Reinforce):
        def loss(self, batch: Any) -> Any:
            log_prob = log_probs[context]
            entropy = -(log_prob.exp() * log_prob).sum()
            entropy_N = entropy.expand(len(batch.log_prob_N))
            return super().loss(dataclasses.replace(batch, entropy_N=entropy_N))

    log_probs = flat.log_probs()
    estimator = WithEntropy(baseline="none", entropy_weight=0.2)
    for context, (log_prob, reward) in enumerate(zip(log_probs, flat.rewards, strict=True)):
        actual = torch.zeros_like(flat.theta)
        for k, chance in enumerate(log_prob.detach().exp()):
            batch = flat.batch([(context, k, FRESH)], empty(flat), contexts=[context])
            actual -= chance * flat.grad(estimator.loss(batch)[0])
        value = (log_prob.exp() * reward).sum() - 0.2 * (log_prob.exp() * log_prob).sum()
        torch.testing.assert_close(actual, flat.grad(value), atol=1e-9, rtol=1e-6)


def test_asks_for_draws_from_the_whole_policy() -> None:
    plan = Reinforce(fresh=3).plan
    assert (plan.enumerate_up_to, plan.replay_c, plan.fresh) == (0, 0, 3)
    assert not plan.reject_known
    with pytest.raises(ValueError, match="set fresh to 1 or more"):
        Reinforce(fresh=0)
    with pytest.raises(ValueError, match="set fresh to 2 or more"):
        Reinforce(fresh=1, baseline="mean")


def test_the_group_baseline_is_grpos_advantage(flat: Toy) -> None:
    """Rewards 1, 0, 1, 0 of one context and 0, 0 of another, which has no gradient.

    Of four rewards with mean 1/2 the deviation is sqrt(4 / 4 / 3): each is 1/2 from the mean.
    """
    rows = [(0, k, FRESH) for k in (1, 2, 4, 5)] + [(2, 0, FRESH), (2, 3, FRESH)]
    estimator = Reinforce(baseline="group", entropy_weight=0.0)
    loss, _ = estimator.loss(flat.batch(rows, [[], [], []]))
    advantage = 0.5 / (math.sqrt(1 / 3) + 1e-4)
    log_prob = flat.log_probs()[0][[1, 2, 4, 5]]
    signs = torch.tensor([1.0, -1.0, 1.0, -1.0]).double()
    expected = flat.grad((advantage * signs * log_prob).sum() / 4 / 3)
    torch.testing.assert_close(-flat.grad(loss), expected)


def test_a_rare_reward_weighs_more_in_its_group(flat: Toy) -> None:
    """One success of eight: (1 - 1/8) over the deviation sqrt(7/8 / 7), and the others -1/8."""
    rows = [(0, k, FRESH) for k in (1, 0, 2, 3, 5, 6, 8, 9)]
    estimator = Reinforce(baseline="group", entropy_weight=0.0)
    loss, _ = estimator.loss(flat.batch(rows, [[]], contexts=[0]))
    advantage = torch.tensor([7 / 8, *[-1 / 8] * 7]).double() / (math.sqrt(1 / 8) + 1e-4)
    log_prob = flat.log_probs()[0][[k for _, k, _ in rows]]
    torch.testing.assert_close(-flat.grad(loss), flat.grad((advantage * log_prob).sum() / 8))


def test_a_group_has_two_draws() -> None:
    with pytest.raises(ValueError, match='set fresh to 2 or more with baseline "group"'):
        Reinforce(fresh=1, baseline="group")
