"""Scores of programs: their normalisation and their order."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from sparse_rl.estimators import LinearScore, ScoredBatch, Stratum
from sparse_rl.estimators.auxiliary import best_scores, share_scores
from sparse_rl.estimators.strata import check_batch

B, C, FRESH = int(Stratum.B), int(Stratum.C), int(Stratum.FRESH)


def batch(features_NF: torch.Tensor | None = None) -> ScoredBatch:
    """Question 0: three of B, one fresh; question 1: two fresh alone; question 2: one of B."""
    none_B = torch.full((3,), -math.inf).double()
    return ScoredBatch(
        torch.full((7,), -1.0).double(),
        torch.ones(7).double(),
        torch.tensor([0, 0, 0, 0, 1, 1, 2]),
        torch.tensor([B, B, B, FRESH, FRESH, FRESH, B]),
        none_B,
        none_B,
        3,
        features_NF=features_NF,
    )


def test_shares_have_mean_one_over_the_programs_of_b() -> None:
    score_N = torch.tensor([0.3, -1.0, 2.0, 1.5, 4.0, -3.0, 9.0]).double()
    share_N = share_scores(score_N, batch())
    odds = score_N.exp()
    torch.testing.assert_close(share_N[:3], 3 * odds[:3] / odds[:3].sum())
    assert share_N[:3].mean().item() == pytest.approx(1.0)
    # A fresh program among B and itself; alone where B is empty.
    torch.testing.assert_close(share_N[3], 4 * odds[3] / odds[:4].sum())
    assert share_N[4:].tolist() == pytest.approx([1.0, 1.0, 1.0])


def test_equal_scores_change_nothing_and_an_offset_neither() -> None:
    equal_N = torch.full((7,), 5.0).double()
    torch.testing.assert_close(share_scores(equal_N, batch()), torch.ones(7).double())
    assert best_scores(equal_N, batch()).tolist() == [1.0] * 7
    score_N = torch.tensor([0.3, -1.0, 2.0, 1.5, 4.0, -3.0, 9.0]).double()
    for offset in (1e3, -1e3):
        shifted_N = share_scores(score_N + offset, batch())
        torch.testing.assert_close(shifted_N, share_scores(score_N, batch()))


def test_shares_are_differentiable_where_b_is_empty_too() -> None:
    score_N = torch.tensor([0.3, -1.0, 2.0, 1.5, 4.0, -3.0, 9.0]).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda s: share_scores(s, batch()), score_N)


def test_the_best_of_b_with_ties_and_fresh_ones_that_reach_it() -> None:
    score_N = torch.tensor([2.0, -1.0, 2.0, 1.5, 4.0, -3.0, 9.0]).double()
    assert best_scores(score_N, batch()).tolist() == [1, 0, 1, 0, 1, 1, 1]
    score_N[3] = 2.5
    assert best_scores(score_N, batch()).tolist() == [1, 0, 1, 1, 1, 1, 1]


def test_a_linear_score_has_a_number_for_each_feature() -> None:
    phi_P, features_NF = torch.tensor([1.0, -2.0]), torch.tensor([[3.0, 1.0], [0.0, 0.5]])
    assert LinearScore()(phi_P, features_NF).tolist() == [1.0, -1.0]


def test_phi_must_fit_the_features() -> None:
    with pytest.raises(ValueError, match="give phi 12 numbers, one for each feature: got 3"):
        LinearScore()(torch.zeros(3), torch.zeros(5, 12))


def test_features_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"pass features_NF with shape \(7, 2\): got \(6, 2\)"):
        check_batch(batch(torch.zeros(6, 2)))
    with pytest.raises(ValueError, match="pass features_NF"):
        check_batch(dataclasses.replace(batch(), features_NF=torch.zeros(7)))
