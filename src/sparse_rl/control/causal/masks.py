"""Distributions over causal graphs, as pure functions.

A graph of a policy says which of its inputs are causes of the action: a mask of the inputs.

Legend: N observation or trial, G mask, I input, A action.

Source: Causal Confusion in Imitation Learning (de Haan, Jayaraman and Levine, NeurIPS 2019),
section 4 and algorithms 1 and 2.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import torch
from torch import Tensor

from sparse_rl.estimators.functional import check_shape


class LinearFit(NamedTuple):
    """A linear model of the value of masks.

    Attributes:
        weight_I: w, what an input adds.
        intercept: value of the empty mask.
    """

    weight_I: Tensor
    intercept: Tensor


def all_masks(inputs: int) -> Tensor:
    """All 2^I masks, in the order of binary numbers; shape [2^I, I]."""
    return torch.tensor(list(itertools.product((0.0, 1.0), repeat=inputs)))


def graph_input(observation_NI: Tensor, mask_NI: Tensor) -> Tensor:
    """[X ⊙ G, G], so that an input that is masked differs from one that is zero; [N, 2I]."""
    check_shape("mask_NI", mask_NI, *observation_NI.shape)
    return torch.cat([observation_NI * mask_NI, mask_NI], -1)


def log_probability(mask_GI: Tensor, weight_I: Tensor, temperature: float = 1.0) -> Tensor:
    """log p(G) with p(G) ∝ exp(⟨w, G⟩ / τ): inputs are independent, p(G_i = 1) = σ(w_i / τ)."""
    check_shape("weight_I", weight_I, mask_GI.shape[-1])
    logit_I = weight_I / temperature
    return mask_GI @ logit_I - torch.nn.functional.softplus(logit_I).sum()


def draw_mask(weight_I: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """Draws G ∼ p(G) ∝ exp(⟨w, G⟩ / τ)."""
    share_I = (weight_I / temperature).sigmoid()
    return torch.bernoulli(share_I, generator=generator)


def best_mask(weight_I: Tensor) -> Tensor:
    """argmax_G p(G): the inputs of positive weight."""
    return (weight_I > 0).to(weight_I.dtype)


def fit_values(mask_NI: Tensor, value_N: Tensor, ridge: float) -> LinearFit:
    """Regresses values on masks: min over w, b of Σ (v − ⟨w, G⟩ − b)² + λ ‖w‖².

    Args:
        mask_NI: masks that were tried, at least one.
        value_N: their returns or negative losses.
        ridge: λ. With 0 a linear value is recovered exactly, and of several solutions the least
            one is taken.
    """
    check_shape("value_N", value_N, len(mask_NI))
    mean_I, mean = mask_NI.mean(0), value_N.mean()
    # The penalty as further rows: one solver for λ = 0 too, also with fewer trials than inputs.
    penalty_II = ridge**0.5 * torch.eye(len(mean_I), dtype=mask_NI.dtype)
    rows = torch.cat([mask_NI - mean_I, penalty_II])
    values = torch.cat([value_N - mean, value_N.new_zeros(len(mean_I))])
    weight_I = torch.linalg.lstsq(rows, values.unsqueeze(-1), driver="gelsd").solution.squeeze(-1)
    return LinearFit(weight_I, mean - mean_I @ weight_I)


def disagreement(log_pi_GNA: Tensor) -> Tensor:
    """D(X) = E_G KL(π_G(·|X) ‖ π_mix(·|X)), π_mix = E_G π_G; shape [N].

    Args:
        log_pi_GNA: log-probabilities of the actions under each mask, which count alike.
    """
    log_mixture_NA = log_pi_GNA.logsumexp(0) - math.log(len(log_pi_GNA))
    return (log_pi_GNA.exp() * (log_pi_GNA - log_mixture_NA)).sum(-1).mean(0)
