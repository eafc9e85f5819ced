"""Scored batches for estimators, from sampled batches and their scores.

Legend: B example, N trajectory in the flat batch, F feature.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from sparse_rl.estimators.batch import ScoredBatch, Stratum
from sparse_rl.estimators.functional import segment_logsumexp
from sparse_rl.modules.drawing import Drawn


def scored_batch(
    scores: tuple[Tensor, Tensor],
    drawn: Drawn,
    num_examples: int,
    log_prior_N: Tensor | None = None,
    features_NF: Tensor | None = None,
) -> ScoredBatch:
    """Returns the scored batch of the drawn programs.

    Args:
        scores: log pi(z|s), with gradient, and the summed step entropies, both (N,).
        drawn: the N programs.
        num_examples: B.
        log_prior_N: log of the guiding prior, where the estimator needs it.
        features_NF: features of the programs, where the estimator needs them.
    """
    log_prob_N, entropy_N = scores
    device = log_prob_N.device
    example_N = torch.tensor(drawn.examples, device=device)
    stratum_N = torch.tensor(drawn.strata, device=device)
    in_b_N = stratum_N == Stratum.B
    log_mass_b_B = segment_logsumexp(log_prob_N.detach()[in_b_N], example_N[in_b_N], num_examples)
    log_mass_c_B = torch.full_like(log_mass_b_B, -math.inf)
    for log_mass_B, known in ((log_mass_b_B, drawn.log_mass_b), (log_mass_c_B, drawn.log_mass_c)):
        for example, mass in known.items():
            log_mass_B[example] = mass
    return ScoredBatch(
        log_prob_N=log_prob_N,
        reward_N=torch.tensor([t.reward for t in drawn.trajectories], device=device),
        example_N=example_N,
        stratum_N=stratum_N,
        log_mass_b_B=log_mass_b_B,
        log_mass_c_B=log_mass_c_B,
        num_examples=num_examples,
        log_prior_N=log_prior_N,
        entropy_N=entropy_N,
        features_NF=features_NF,
    )
