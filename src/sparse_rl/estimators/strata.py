"""Checks and cleans a scored batch, and computes the weights of its strata.

Legend: B example, N trajectory in the flat batch.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from sparse_rl.bounds import Within
from sparse_rl.estimators import functional as F
from sparse_rl.estimators.batch import ScoredBatch, Stratum

FLAT = ("reward_N", "example_N", "stratum_N", "log_prior_N", "entropy_N", "log_behaviour_N")
"""Fields of shape (N,), other than the log-probabilities."""


def _present(batch: ScoredBatch, *names: str) -> dict[str, Any]:
    """Returns the named tensors that are not None."""
    tensors = {name: getattr(batch, name) for name in names}
    return {name: tensor for name, tensor in tensors.items() if tensor is not None}


def check_batch(batch: ScoredBatch) -> None:
    """Raises ValueError, naming the tensor, when the batch is inconsistent."""
    if batch.num_examples < 1:
        raise ValueError(f"pass num_examples of at least 1: got {batch.num_examples}")
    if not batch.max_ratio > 0:
        raise ValueError(f"pass max_ratio above 0: got {batch.max_ratio}")
    if batch.log_prob_N.dim() != 1 or not batch.log_prob_N.is_floating_point():
        raise ValueError(f"pass log_prob_N as a flat float tensor: got {batch.log_prob_N.shape}")
    for name, tensor_N in _present(batch, *FLAT).items():
        F.check_shape(name, tensor_N, len(batch.log_prob_N))
    if batch.features_NF is not None:
        num_features = batch.features_NF.shape[-1]
        F.check_shape("features_NF", batch.features_NF, len(batch.log_prob_N), num_features)
    if batch.pooled_2N is not None:
        F.check_shape("pooled_2N", batch.pooled_2N, 2, batch.pooled_2N.shape[-1])
    for name in ("log_mass_b_B", "log_mass_c_B"):
        F.check_shape(name, getattr(batch, name), batch.num_examples)
    for name, limit in (("example_N", batch.num_examples), ("stratum_N", len(Stratum))):
        index_N = getattr(batch, name)
        if index_N.dtype != torch.long:
            raise ValueError(f"pass {name} as a long tensor: got {index_N.dtype}")
        if len(index_N) and not 0 <= int(index_N.min()) <= int(index_N.max()) < limit:
            raise ValueError(f"pass {name} within [0, {limit})")


def upcast(batch: ScoredBatch) -> ScoredBatch:
    """Casts the batch to float32, or to float64 if the log-probabilities are.

    Only the policy's tensors keep their gradient.
    """
    dtype = torch.promote_types(batch.log_prob_N.dtype, torch.float32)
    masses = ("log_mass_b_B", "log_mass_c_B")
    extras = ("log_prior_N", "log_behaviour_N", "features_NF", "pooled_2N")
    given = _present(batch, "reward_N", *masses, *extras)
    of_policy = _present(batch, "log_prob_N", "entropy_N")
    return replace(
        batch,
        **{name: tensor.detach().to(dtype) for name, tensor in given.items()},
        **{name: tensor.to(dtype) for name, tensor in of_policy.items()},
    )


def drop_broken(batch: ScoredBatch) -> tuple[ScoredBatch, Tensor]:
    """Removes the trajectories of examples with a NaN; returns the batch and these examples.

    Rows are removed, not multiplied by zero: 0 * NaN would still reach the gradient. A log-prior
    of -inf is valid (a ratio of zero); a log-probability of -inf is not.
    """
    wrong_N = ~batch.log_prob_N.isfinite() | ~batch.reward_N.isfinite()
    if batch.log_prior_N is not None:
        wrong_N = wrong_N | batch.log_prior_N.isnan() | (batch.log_prior_N == torch.inf)
    if batch.entropy_N is not None:
        wrong_N = wrong_N | ~batch.entropy_N.isfinite()
    if batch.features_NF is not None:
        wrong_N = wrong_N | ~batch.features_NF.isfinite().all(1)
    wrong_B = F.segment_sum(wrong_N.float(), batch.example_N, batch.num_examples) > 0
    for mass_B in (batch.log_mass_b_B, batch.log_mass_c_B):
        wrong_B = wrong_B | mass_B.isnan() | (mass_B == torch.inf)
    if not wrong_B.any():
        return batch, wrong_B
    keep_N = ~wrong_B[batch.example_N]
    by_row = _present(batch, "log_prob_N", *FLAT, "features_NF")
    kept = replace(
        batch,
        log_mass_b_B=torch.where(wrong_B, -torch.inf, batch.log_mass_b_B),
        log_mass_c_B=torch.where(wrong_B, -torch.inf, batch.log_mass_c_B),
        **{name: tensor[keep_N] for name, tensor in by_row.items()},
    )
    return kept, wrong_B


def log_weights(
    batch: ScoredBatch, clip_low: float, clip_high: float, replay_fraction: float
) -> tuple[Tensor, Tensor]:
    """Returns log a_i [N] and log w_B [B] of the three strata, detached."""
    in_b_N, in_c_N = batch.stratum_N == Stratum.B, batch.stratum_N == Stratum.C
    has_b_B = F.segment_sum(in_b_N.float(), batch.example_N, batch.num_examples) > 0
    log_outer_B = F.outer_log_coefficient(batch.log_mass_b_B, has_b_B, clip_low, clip_high)
    log_ratio_c_B = F.replay_log_ratio(batch.log_mass_b_B, batch.log_mass_c_B)
    log_weight_N = F.strata_log_weights(
        batch.log_prob_N,
        batch.example_N,
        in_b_N,
        in_c_N,
        log_outer_B,
        log_ratio_c_B,
        replay_fraction,
    )
    if batch.log_behaviour_N is not None:
        log_mass_b_N = batch.log_mass_b_B[batch.example_N]
        log_weight_N = log_weight_N + F.stale_log_ratio(
            batch.log_prob_N, batch.log_behaviour_N, log_mass_b_N, batch.max_ratio
        )
    return log_weight_N, log_outer_B


def policy_weights(batch: ScoredBatch) -> Tensor:
    """Returns each trajectory's unclipped weight under the policy, for updates of the prior.

    B has the weight pi_B, fresh draws the rest; C only where there are no fresh draws.
    Shape [N], detached; 0 for the trajectories of an example with a NaN.
    """
    check_batch(batch)
    batch = upcast(batch)
    kept, wrong_B = drop_broken(batch)
    weight_N = torch.zeros_like(batch.log_prob_N.detach())
    weight_N[~wrong_B[batch.example_N]] = log_weights(kept, 0.0, 1.0, 0.0)[0].exp()
    return weight_N


def check_unit_range(name: str, low: float, value: float, high: float) -> None:
    """Raises ValueError naming the option when it is not within [low, high]."""
    Within(low, high).check(name, value)
