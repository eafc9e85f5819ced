"""Completion of a matrix of which some entries are observed, by its nuclear norm.

Legend: M row, N column.

Sources: soft-impute (Mazumder, Hastie and Tibshirani, 2010, algorithm 1); approximate rank as in
Yang et al. (ICLR 2020).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from sparse_rl.estimators.functional import check_shape


def soft_impute(
    value_MN: Tensor, observed_MN: Tensor, thresholds: Sequence[float], start_MN: Tensor
) -> Tensor:
    """Z ← S_λ(P_Ω(X) + P_Ω⊥(Z)), once for each threshold.

    S_λ takes λ off every singular value. A fixed point is the minimum of
    ½‖P_Ω(X − Z)‖² + λ‖Z‖_*: what explains the observed entries with little nuclear norm, the convex
    stand-in for the rank. λ is a threshold times the greatest singular value of what it shrinks, so
    that a threshold means the same for values of any size.

    A row or a column without any observed entry says nothing, and its norm is least at 0.

    Args:
        value_MN: X; its entries count where they are observed.
        observed_MN: Ω, whether an entry is observed.
        thresholds: λ of every iteration, as a share of the greatest singular value.
        start_MN: Z before the first iteration.

    Returns:
        Z, with all entries estimated, the observed ones too.
    """
    check_shape("observed_MN", observed_MN, *value_MN.shape)
    check_shape("start_MN", start_MN, *value_MN.shape)
    estimate_MN = start_MN
    for threshold in thresholds:
        estimate_MN = shrink(torch.where(observed_MN, value_MN, estimate_MN), threshold)
    return estimate_MN


def complete(
    value_MN: Tensor, observed_MN: Tensor, thresholds: Sequence[float], start_MN: Tensor
) -> Tensor:
    """Observed entries as they are, and estimates of the others, by `soft_impute`.

    The mean of what is observed is taken off before and added after. Shrinking pulls estimates to
    0; values of a policy are all far on one side of it, and 1/(1 − γ) sweeps add their pulls up.

    Args:
        value_MN: the matrix; its entries count where they are observed.
        observed_MN: whether an entry is observed; at least one is.
        thresholds: thresholds of `soft_impute`'s iterations.
        start_MN: first estimate.
    """
    check_shape("observed_MN", observed_MN, *value_MN.shape)
    mean = value_MN[observed_MN].mean()
    estimate_MN = soft_impute(value_MN - mean, observed_MN, thresholds, start_MN - mean)
    return torch.where(observed_MN, value_MN, estimate_MN + mean)


def shrink(matrix_MN: Tensor, threshold: float) -> Tensor:
    """U (Σ − λ)_+ Vᵀ with λ = threshold × the greatest singular value.

    Right singular vectors come from the smaller Gram matrix: U Σ D Vᵀ = X V D Vᵀ with
    D = (1 − λ/σ)_+. That is tens of times faster for long matrices. It loses singular values below
    the root of the precision, 1e-8 of the greatest one, which is why it works in double precision.
    """
    if len(matrix_MN) < matrix_MN.shape[1]:
        return shrink(matrix_MN.T, threshold).T
    exact_MN = matrix_MN.double()
    square_N, right_NN = torch.linalg.eigh(exact_MN.T @ exact_MN)
    singular_N = square_N.clamp(min=0.0).sqrt()
    lost_N = threshold * singular_N[-1] / singular_N.clamp(min=torch.finfo(torch.float64).tiny)
    kept_N = (1.0 - lost_N).clamp(min=0.0)
    shrunk_MN: Tensor = exact_MN @ (right_NN * kept_N) @ right_NN.T
    return shrunk_MN.to(matrix_MN)


def approximate_rank(matrix_MN: Tensor, energy: float = 0.99) -> int:
    """The least k whose first k singular values hold a share of Σ σ²; 0 of a matrix of zeros."""
    square_N = torch.linalg.svdvals(matrix_MN.double()).square()
    total = square_N.sum()
    if total == 0:
        return 0
    return int((square_N.cumsum(0) < energy * total).sum()) + 1


def geometric(first: float, last: float, share: float) -> float:
    """A threshold between two, in equal ratios: `first` at a share of 0, `last` from 1 on."""
    return float(first * (last / first) ** min(share, 1.0))
