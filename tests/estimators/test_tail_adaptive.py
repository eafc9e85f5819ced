"""Properties of the tail-adaptive weights (Wang, Liu and Liu 2018)."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sparse_rl.estimators.functional import tail_adaptive

finite = st.floats(-50, 50).map(lambda value: round(value, 2))
samples = st.lists(st.tuples(finite, st.floats(0.01, 1.0)), min_size=1, max_size=12)
betas = st.sampled_from([-1.0, -0.5])


def rho(ratio: list[float], weight: list[float], beta: float = -1.0) -> Tensor:
    ratio_N = torch.tensor(ratio, dtype=torch.double)
    weight_N = torch.tensor(weight, dtype=torch.double)
    return tail_adaptive(ratio_N, weight_N.log(), torch.zeros(len(ratio)).long(), 1, beta).exp()


def by_definition(ratio: list[float], weight: list[float], beta: float) -> list[float]:
    """rho_i ~ (sum_j a_j 1[l_j >= l_i] / sum_j a_j) ** beta with weighted mean one."""
    total = sum(weight)
    tail = [
        sum(a for a, other in zip(weight, ratio, strict=True) if other >= own) / total
        for own in ratio
    ]
    raw = [value**beta for value in tail]
    mean = sum(a * value for a, value in zip(weight, raw, strict=True)) / total
    return [value / mean for value in raw]


@settings(deadline=None, max_examples=60)
@given(samples, betas)
def test_equals_the_definition(pairs: list[tuple[float, float]], beta: float) -> None:
    ratio, weight = [list(column) for column in zip(*pairs, strict=True)]
    expected = by_definition(ratio, weight, beta)
    assert rho(ratio, weight, beta).tolist() == pytest.approx(expected, rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(samples, betas, st.sampled_from([1e5, -1e5, 0.0]))
def test_order_alone_matters(pairs: list[tuple[float, float]], beta: float, offset: float) -> None:
    """Unchanged by increasing maps and offsets of 1e5; non-decreasing; ties share; mean one."""
    ratio, weight = [list(column) for column in zip(*pairs, strict=True)]
    rho_N = rho(ratio, weight, beta)
    mapped = [math.atan(value / 20) + offset for value in ratio]
    if len(set(mapped)) == len(set(ratio)):
        torch.testing.assert_close(rho(mapped, weight, beta), rho_N)
    torch.testing.assert_close(rho([value + offset for value in ratio], weight, beta), rho_N)
    for i, low in enumerate(ratio):
        for j, high in enumerate(ratio):
            assert low > high or rho_N[i] <= rho_N[j] + 1e-12
            assert low != high or rho_N[i] == rho_N[j]
    weight_N = torch.tensor(weight, dtype=torch.double)
    torch.testing.assert_close((weight_N * rho_N).sum(), weight_N.sum())


@settings(deadline=None, max_examples=40)
@given(samples, betas)
def test_splitting_a_sample_changes_nothing(pairs: list[tuple[float, float]], beta: float) -> None:
    ratio, weight = [list(column) for column in zip(*pairs, strict=True)]
    half = weight[0] / 2
    split = rho([ratio[0], *ratio], [half, half, *weight[1:]], beta)
    torch.testing.assert_close(split[1:], rho(ratio, weight, beta))
    assert split[0] == split[1]


def test_worked_example() -> None:
    """beta = -1, equal weights."""
    rho_N = rho([0.1, 3, -2, 1, 0, 5, -7], [1.0] * 7)
    expected = [0.096, 0.193, 0.064, 0.129, 0.077, 0.386, 0.055]
    assert (rho_N / rho_N.sum()).tolist() == pytest.approx(expected, abs=5e-4)


def test_equal_weights_give_the_unweighted_rule() -> None:
    """rho_i ~ n / #{j: l_j >= l_i}, whatever the common weight."""
    raw = torch.tensor([1 / 3, 1.0, 1 / 2, 1 / 4]).double()
    for weight in (1.0, 0.2):
        torch.testing.assert_close(rho([1, 3, 2, -4], [weight] * 4), raw / raw.mean())


def test_small_beta_tends_to_uniform() -> None:
    torch.testing.assert_close(
        rho([1, 2, 3], [0.2, 0.3, 0.5], -1e-9), torch.ones(3).double(), atol=1e-8, rtol=0
    )


def test_far_apart_ratios_stay_distinct_and_all_minus_infinity_is_uniform() -> None:
    assert len(set(rho([-300, -200, -150, -120, 0], [1.0] * 5).tolist())) == 5
    assert rho([-math.inf] * 3, [0.1, 0.2, 0.3]).tolist() == pytest.approx([1.0] * 3)


def test_tiny_and_zero_weights_give_finite_products() -> None:
    """weight * rho is bounded though rho overflows; a zero weight stays without effect."""
    ratio_N = torch.tensor([9.0, 5.0, 1.0, 0.0])
    log_weight_N = torch.tensor([-math.inf, -800.0, -0.1, -3.0])
    log_rho_N = tail_adaptive(ratio_N, log_weight_N, torch.zeros(4).long(), 1)
    product_N = (log_weight_N + log_rho_N).exp()
    assert product_N.isfinite().all() and product_N[0] == 0.0 and product_N[1] > 0.1
    torch.testing.assert_close(product_N.sum(), log_weight_N.exp().sum())
    nothing_N = tail_adaptive(ratio_N, torch.full((4,), -math.inf), torch.zeros(4).long(), 1)
    assert nothing_N.tolist() == [0.0] * 4


def test_groups_are_ranked_apart() -> None:
    generator = torch.Generator().manual_seed(3)
    ratio_N = torch.randn(40, generator=generator).double()
    weight_N = torch.rand(40, generator=generator).double()
    group_N = torch.randint(0, 5, (40,), generator=generator)
    rho_N = tail_adaptive(ratio_N, weight_N.log(), group_N, 7, -0.5).exp()
    for group in range(5):
        mine_N = group_N == group
        alone = by_definition(ratio_N[mine_N].tolist(), weight_N[mine_N].tolist(), -0.5)
        assert rho_N[mine_N].tolist() == pytest.approx(alone)


def test_no_gradient_and_no_samples() -> None:
    ratio_N = torch.zeros(3, requires_grad=True)
    assert not tail_adaptive(ratio_N, ratio_N, torch.zeros(3).long(), 1).requires_grad
    assert len(tail_adaptive(torch.zeros(0), torch.zeros(0), torch.zeros(0).long(), 1)) == 0
