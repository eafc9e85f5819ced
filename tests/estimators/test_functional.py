"""Segments, strata and baselines: each formula against plain arithmetic."""

from __future__ import annotations

import math

import pytest
import torch

from sparse_rl.estimators import functional as F

INDEX_N = torch.tensor([2, 0, 2, 0, 2])


def test_segment_functions_match_loops_and_are_safe_where_empty() -> None:
    """sum, max and logsumexp per index; an empty segment is 0 or -inf, without NaN gradients."""
    value_N = torch.tensor([1.0, -2.0, 700.0, 3.0, 701.0], dtype=torch.double, requires_grad=True)
    assert F.segment_sum(value_N, INDEX_N, 3).tolist() == [1.0, 0.0, 1402.0]
    assert F.segment_max(value_N, INDEX_N, 3).tolist() == [3.0, -math.inf, 701.0]
    log_sum_B = F.segment_logsumexp(value_N, INDEX_N, 3)
    for s in (0, 2):
        torch.testing.assert_close(log_sum_B[s], value_N[s == INDEX_N].logsumexp(0))
    assert log_sum_B[1] == -math.inf
    torch.autograd.backward(log_sum_B[[0, 2]].sum())
    expected_N = torch.stack(
        [
            (v - value_N[i == INDEX_N].logsumexp(0)).exp()
            for v, i in zip(value_N, INDEX_N, strict=True)
        ]
    )
    torch.testing.assert_close(value_N.grad, expected_N.detach())


def test_logsumexp_of_all_minus_infinity_has_no_nan_gradient() -> None:
    value_N = torch.tensor([-math.inf, 0.5, -math.inf], requires_grad=True)
    out_B = F.segment_logsumexp(value_N, torch.tensor([0, 1, 0]), 2)
    torch.autograd.backward(out_B[1])
    assert out_B[0] == -math.inf
    assert value_N.grad is not None and value_N.grad.tolist() == [0.0, 1.0, 0.0]


def test_log1mexp_is_accurate_at_both_ends() -> None:
    value = torch.tensor([-1e-12, -1e-3, -0.6, -0.8, -50.0, -math.inf, 0.0], dtype=torch.double)
    expected = [math.log(-math.expm1(v)) for v in (-1e-12, -1e-3, -0.6, -0.8)]
    expected += [math.log1p(-math.exp(-50.0)), 0.0, -math.inf]
    assert F.log1mexp(value).tolist() == pytest.approx(expected, rel=1e-12)


def test_outer_coefficient_is_clipped_but_zero_where_b_is_empty() -> None:
    """w_B = clip(pi_B, w_l, w_u); an empty B has 0, never the lower clip."""
    mass_B = torch.tensor([0.01, 0.5, 0.99, 0.0]).log()
    has_B = torch.tensor([True, True, True, False])
    out_B = F.outer_log_coefficient(mass_B, has_B, 0.1, 0.9).exp()
    torch.testing.assert_close(out_B, torch.tensor([0.1, 0.5, 0.9, 0.0]))
    free_B = F.outer_log_coefficient(mass_B, has_B, 0.0, 1.0).exp()
    torch.testing.assert_close(free_B, torch.tensor([0.01, 0.5, 0.99, 0.0]))


def test_replay_ratio_is_the_share_of_c_outside_b_and_at_most_one() -> None:
    """min(1, pi_C / (1 - pi_B))."""
    mass_b_B, mass_c_B = torch.tensor([0.2, 0.0, 1.0, 0.5]), torch.tensor([0.4, 0.3, 0.0, 0.6])
    ratio_B = F.replay_log_ratio(mass_b_B.log(), mass_c_B.log()).exp()
    torch.testing.assert_close(ratio_B, torch.tensor([0.5, 0.3, 1.0, 1.0]))


def strata_weights(replay_fraction: float) -> list[float]:
    """One example with B = {.1, .3} of pi_B = .5, C and fresh; one of fresh; one of C."""
    log_prob_N = torch.tensor([0.1, 0.3, 0.05, 0.05, 0.02, 0.1, 0.2, 0.3]).log().double()
    example_N = torch.tensor([0, 0, 0, 0, 0, 1, 1, 2])
    kind_N = torch.tensor([0, 0, 1, 1, 2, 2, 2, 1])
    return (
        F.strata_log_weights(
            log_prob_N,
            example_N,
            kind_N == 0,
            kind_N == 1,
            torch.tensor([0.6, 0.0, 0.0]).log().double(),
            torch.tensor([0.8, 0.9, 0.7]).log().double(),
            replay_fraction,
        )
        .exp()
        .tolist()
    )


def test_strata_weights_are_the_written_out_shares() -> None:
    """w_B pi/pi_B inside B over what was drawn; 1/n outside; an absent stratum cedes its share."""
    assert strata_weights(0.25) == pytest.approx(
        [
            0.6 / 4,
            0.6 * 3 / 4,
            0.4 * 0.25 / 2 * 0.8,
            0.4 * 0.25 / 2 * 0.8,
            0.4 * 0.75,
            0.5,
            0.5,
            0.7,
        ]
    )
    assert strata_weights(0.0)[2:5] == pytest.approx([0.0, 0.0, 0.4])
    assert strata_weights(1.0)[2:5] == pytest.approx([0.16, 0.16, 0.0])


def test_strata_weights_survive_probabilities_that_underflow() -> None:
    log_prob_N = torch.tensor([-900.0, -901.0], requires_grad=True)
    zero_N = torch.zeros(2, dtype=torch.long)
    log_weight_N = F.strata_log_weights(
        log_prob_N, zero_N, zero_N == 0, zero_N == 1, torch.zeros(1), torch.zeros(1), 0.0
    )
    assert log_weight_N.exp().tolist() == pytest.approx([0.7310586, 0.2689414], rel=1e-3)
    assert not log_weight_N.requires_grad


def test_mean_baseline_is_exact_inside_b_and_leave_one_out_elsewhere() -> None:
    """b_i = sum_j a_j rho_j: B as it is, three fresh without i, a lone C draw left out."""
    weighted_N = torch.tensor([0.2, 0.3, 0.01, 0.02, 0.06, 5.0], dtype=torch.double)
    stratum_N = torch.tensor([0, 0, 2, 2, 2, 1])
    baseline_N = F.mean_baseline(weighted_N, torch.zeros(6, dtype=torch.long), stratum_N, 0, 1)
    fresh = [0.5 + 1.5 * rest for rest in (0.08, 0.07, 0.03)]
    assert baseline_N.tolist() == pytest.approx([0.59, 0.59, *fresh, 0.59])


def test_surrogate_drops_the_example_of_a_coefficient_that_is_not_finite() -> None:
    log_prob_N = torch.tensor([-1.0, -2.0, -3.0], requires_grad=True)
    coefficient_N = torch.tensor([2.0, math.nan, 1.0])
    loss_B, broken_B = F.surrogate(coefficient_N, log_prob_N, torch.tensor([0, 1, 1]), 2)
    torch.autograd.backward(loss_B.sum())
    assert loss_B.tolist() == [2.0, 0.0] and broken_B.tolist() == [False, True]
    assert log_prob_N.grad is not None and log_prob_N.grad.tolist() == [-2.0, 0.0, 0.0]


def test_mutual_information_is_the_weighted_mean_gain() -> None:
    """I(s; z) = E[log pi - log prior]."""
    value = F.mutual_information(
        torch.tensor([-1.0, -2.0]), torch.tensor([-3.0, -2.5]), torch.tensor([0.2, 0.6])
    )
    assert value.item() == pytest.approx((0.2 * 2.0 + 0.6 * 0.5) / 0.8)


def test_a_wrong_shape_is_named() -> None:
    with pytest.raises(ValueError, match=r"pass log_weight_N with shape \(2,\): got \(3,\)"):
        F.tail_adaptive(torch.zeros(2), torch.zeros(3), torch.zeros(2, dtype=torch.long), 1)
