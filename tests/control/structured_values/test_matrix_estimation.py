"""Soft-impute against the conditions of its optimum, and matrices that are known."""

from __future__ import annotations

import hypothesis.extra.numpy as npst
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sparse_rl.control.structured_values.matrix_estimation import (
    approximate_rank,
    complete,
    geometric,
    shrink,
    soft_impute,
)

DOUBLE = torch.float64


def low_rank(rows: int, columns: int, rank: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    left, right = (
        torch.randn(size, rank, dtype=DOUBLE, generator=generator) for size in (rows, columns)
    )
    return left @ right.T


def mask(shape: torch.Size, share: float, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(shape, generator=generator) < share


@pytest.mark.parametrize("shape", [(30, 8), (8, 30), (9, 9)])
def test_shrinking_is_that_of_the_singular_values(shape: tuple[int, int]) -> None:
    matrix = torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(0))
    left, singular, right = torch.linalg.svd(matrix, full_matrices=False)
    expected = left @ torch.diag((singular - 0.3 * singular[0]).clamp(min=0)) @ right
    torch.testing.assert_close(shrink(matrix, 0.3), expected, atol=1e-10, rtol=0)
    assert shrink(matrix.float(), 0.3).dtype == torch.float32


def test_a_low_rank_matrix_comes_back_from_a_part() -> None:
    matrix = low_rank(50, 20, 2)
    observed = mask(matrix.shape, 0.5)
    # The threshold falls slowly: it leaves two directions until all entries are near.
    thresholds = [geometric(0.3, 1e-3, step / 300) for step in range(300)]
    found = soft_impute(matrix, observed, thresholds, torch.zeros_like(matrix))
    assert (found - matrix).norm() < 0.02 * matrix.norm()
    # What is not observed does not count.
    other = torch.where(observed, matrix, 1e6)
    again = soft_impute(other, observed, thresholds, torch.zeros_like(matrix))
    torch.testing.assert_close(found, again)


def test_the_fixed_point_is_the_optimum() -> None:
    """0 ∈ P_Ω(Z − X) + λ∂‖Z‖_*: the residual R has ‖R‖ ≤ λ and ⟨R, Z⟩ = λ‖Z‖_*."""
    matrix = low_rank(20, 12, 3) + 0.1 * torch.randn(
        20, 12, dtype=DOUBLE, generator=torch.Generator().manual_seed(2)
    )
    observed = mask(matrix.shape, 0.6)
    estimate = soft_impute(matrix, observed, [0.1] * 600, torch.zeros_like(matrix))
    again = soft_impute(matrix, observed, [0.1], estimate)
    torch.testing.assert_close(again, estimate, atol=1e-10, rtol=0)
    # λ = t σ₁(filled), of which shrinking leaves σ₁(Z) = (1 − t) σ₁(filled).
    singular = torch.linalg.svdvals(estimate)
    lam = 0.1 / 0.9 * singular[0]
    residual = torch.where(observed, matrix - estimate, 0.0)
    assert torch.linalg.svdvals(residual)[0] <= lam * (1 + 1e-8)
    torch.testing.assert_close((residual * estimate).sum(), lam * singular.sum())
    # Not the optimum of a matrix that is nearby.
    moved = estimate + 0.01 * low_rank(20, 12, 1, seed=5)
    residual = torch.where(observed, matrix - moved, 0.0)
    assert (residual * moved).sum() < 0.999 * lam * torch.linalg.svdvals(moved).sum()


matrices = npst.arrays(
    np.float64,
    st.tuples(st.integers(1, 7), st.integers(1, 7)),
    elements=st.floats(-100, 100, width=32),
)


@settings(max_examples=25, deadline=None)
@given(matrix=matrices, share=st.floats(0, 1), seed=st.integers(0, 9), start=st.floats(-10, 10))
def test_any_shape_and_mask(matrix: np.ndarray, share: float, seed: int, start: float) -> None:
    value = torch.from_numpy(matrix)
    observed = mask(value.shape, share, seed)
    observed[0, 0] = True
    first = torch.full_like(value, start)
    found = complete(value, observed, [0.5, 0.1], first)
    assert found.shape == value.shape and found.isfinite().all()
    assert torch.equal(found[observed], value[observed])
    every = torch.ones_like(observed)
    # All observed and no threshold: nothing to estimate, nothing shrunk.
    same = soft_impute(value, every, [0.0], first)
    torch.testing.assert_close(same, value, atol=1e-9, rtol=1e-9)
    assert 0 <= approximate_rank(value) <= min(value.shape)


def test_completion_follows_the_mean() -> None:
    """Values far from 0 are completed as those around it."""
    matrix = low_rank(15, 10, 2)
    observed = mask(matrix.shape, 0.5)
    zero = torch.zeros_like(matrix)
    near = complete(matrix, observed, [0.05] * 20, zero)
    far = complete(matrix - 500, observed, [0.05] * 20, zero - 500)
    torch.testing.assert_close(near - 500, far)


def test_wrong_shapes_are_refused() -> None:
    matrix = torch.zeros(3, 2)
    with pytest.raises(ValueError, match="pass observed_MN with shape"):
        soft_impute(matrix, torch.ones(2, 3, dtype=torch.bool), [0.1], matrix)
    with pytest.raises(ValueError, match="pass start_MN with shape"):
        soft_impute(matrix, torch.ones(3, 2, dtype=torch.bool), [0.1], matrix.T)


def test_approximate_rank_counts_the_energy() -> None:
    # Squares 100, 1, 1: 98.04 % in the first, 99.02 % in two.
    assert approximate_rank(torch.diag(torch.tensor([10.0, 1.0, 1.0]))) == 2
    assert approximate_rank(torch.diag(torch.tensor([10.0, 1.0, 1.0])), energy=0.98) == 1
    assert approximate_rank(torch.eye(4)) == 4
    assert approximate_rank(torch.zeros(3, 2)) == 0
