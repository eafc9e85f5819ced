"""The auxiliary reward of MeRL and BoRL: factors of the rewards from scores of programs.

Agarwal, Liang, Schuurmans and Norouzi, 2019 (arXiv 1902.07198).

Legend: B example, N trajectory in the flat batch, F feature.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sparse_rl.estimators import functional as F
from sparse_rl.estimators.batch import ScoredBatch, Stratum


def share_scores(score_N: Tensor, batch: ScoredBatch) -> Tensor:
    """Positive factors for the rewards: a softmax among the programs of one question.

    A program of B has its share of the drawn B times their number, so that the mean over them is
    one; a program outside has its share of B and itself times their number. Equal scores, and an
    empty B, give 1: the rewards as they are. Differentiable in the scores.
    """
    in_b_N, log_b_N, count_N = _beside_b(score_N, batch)
    log_total_N = torch.where(in_b_N, log_b_N, torch.logaddexp(log_b_N, score_N))
    return (score_N - log_total_N).exp() * (count_N + (~in_b_N).to(count_N.dtype))


def best_scores(score_N: Tensor, batch: ScoredBatch) -> Tensor:
    """1 for the programs that no program of their question's drawn B exceeds, else 0."""
    score_N = score_N.detach()
    b_N = torch.where(batch.stratum_N == Stratum.B, score_N, -torch.inf)
    best_B = F.segment_max(b_N, batch.example_N, batch.num_examples)
    return (score_N >= best_B[batch.example_N]).to(score_N.dtype)


def _beside_b(score_N: Tensor, batch: ScoredBatch) -> tuple[Tensor, Tensor, Tensor]:
    """Whether each trajectory is in B; log of the sum of exp(score), and size, of its drawn B."""
    index_N, num = batch.example_N, batch.num_examples
    in_b_N = batch.stratum_N == Stratum.B
    log_b_B = F.segment_logsumexp(torch.where(in_b_N, score_N, -torch.inf), index_N, num)
    count_B = F.segment_sum(in_b_N.to(score_N.dtype), index_N, num)
    return in_b_N, log_b_B[index_N], count_B[index_N]


def needed_features(batch: ScoredBatch) -> Tensor:
    """The features [N, F].

    Raises:
        ValueError: the batch has none.
    """
    if batch.features_NF is None:
        raise ValueError("pass features_NF: the auxiliary reward needs it")
    return batch.features_NF
