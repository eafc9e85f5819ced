"""The auxiliary reward of MeRL and BoRL: scores of programs from their features.

Agarwal, Liang, Schuurmans and Norouzi, 2019 (arXiv 1902.07198).

Legend: B example, N trajectory in the flat batch, F feature, P number of the auxiliary reward.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sparse_rl.estimators import functional as F
from sparse_rl.estimators.batch import ScoredBatch, Stratum

# Moves of a maze, whose features are of all pairs of moves, and of all pairs of pairs.
MOVES = 4
SINGLES, PAIRS = MOVES**2, MOVES**4
TIED = SINGLES + 2


def linear_scores(phi_P: Tensor, features_NF: Tensor) -> Tensor:
    """features . weights(phi), shape [N].

    The weights are phi itself, or, for the 272 features of a maze and 18 numbers, tied: the first
    16 are w(i, j) for symbol i and move j, and the pairs (a, b) and (c, d) of them have the weight
    phi[16] w(a, c) w(b, d) + phi[17] w(a, d) w(b, c): what is said in order or crosswise.

    Raises:
        ValueError: phi is not as long as there are features, nor are they a maze's.
    """
    weight_F = phi_P
    if phi_P.shape == (TIED,) and features_NF.shape[-1] == SINGLES + PAIRS:
        weight_SS = phi_P[:SINGLES].view(MOVES, MOVES)
        aligned = torch.einsum("ac,bd->abcd", weight_SS, weight_SS)
        crossed = torch.einsum("ad,bc->abcd", weight_SS, weight_SS)
        pairs = phi_P[SINGLES] * aligned + phi_P[SINGLES + 1] * crossed
        weight_F = torch.cat([phi_P[:SINGLES], pairs.flatten()])
    if weight_F.shape != features_NF.shape[-1:]:
        raise ValueError(
            f"give phi {features_NF.shape[-1]} numbers, one for each feature: got {len(phi_P)}"
        )
    return features_NF @ weight_F


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
