"""The auxiliary reward of MeRL and BoRL: reward factors from scores of programs.

Agarwal, Liang, Schuurmans and Norouzi, 2019 (arXiv 1902.07198).

Legend: B example, N trajectory in the flat batch, F feature.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sparse_rl.estimators import functional as F
from sparse_rl.estimators.batch import ScoredBatch, Stratum


def share_scores(score_N: Tensor, batch: ScoredBatch) -> Tensor:
    """Returns positive reward factors: a softmax among the programs of one question.

    The factor of a program of B is its softmax share of the drawn B times the size of the drawn
    B, so that the factors' mean is one; for a program outside B the softmax is over the drawn B
    and itself. Equal scores, and an empty B, give 1. Differentiable in the scores.
    """
    in_b_N, log_b_N, count_N = _beside_b(score_N, batch)
    log_total_N = torch.where(in_b_N, log_b_N, torch.logaddexp(log_b_N, score_N))
    return (score_N - log_total_N).exp() * (count_N + (~in_b_N).to(count_N.dtype))


def best_scores(score_N: Tensor, batch: ScoredBatch) -> Tensor:
    """Returns 1 for programs with at least the best score of their question's drawn B, else 0."""
    score_N = score_N.detach()
    b_N = torch.where(batch.stratum_N == Stratum.B, score_N, -torch.inf)
    best_B = F.segment_max(b_N, batch.example_N, batch.num_examples)
    return (score_N >= best_B[batch.example_N]).to(score_N.dtype)


def _beside_b(score_N: Tensor, batch: ScoredBatch) -> tuple[Tensor, Tensor, Tensor]:
    """Returns per trajectory: whether in B; logsumexp of scores, and size, of its drawn B."""
    index_N, num = batch.example_N, batch.num_examples
    in_b_N = batch.stratum_N == Stratum.B
    log_b_B = F.segment_logsumexp(torch.where(in_b_N, score_N, -torch.inf), index_N, num)
    count_B = F.segment_sum(in_b_N.to(score_N.dtype), index_N, num)
    return in_b_N, log_b_B[index_N], count_B[index_N]


def needed_features(batch: ScoredBatch) -> Tensor:
    """Returns the features [N, F].

    Raises:
        ValueError: the batch has none.
    """
    if batch.features_NF is None:
        raise ValueError("pass features_NF: the auxiliary reward needs it")
    return batch.features_NF
