"""Fits of a logistic regression and of a choice among several answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Array = npt.NDArray[np.float64]

PENALTY = 1.0
"""Half the inverse variance of the prior of the weights of standardised features."""
STEPS = 30
CHOICE_PENALTY = 1.5
"""The same for a choice."""
CHOICE_STEPS = 200


def logistic_regression(given_NF: Array, right_N: Array) -> tuple[float, Array]:
    """Fits a logistic regression with a Gaussian prior by Newton's method.

    Args:
        given_NF: features of N answers.
        right_N: 1 for a right answer, 0 for another.

    Returns:
        Intercept, and the weights of the features.
    """
    mean_F, scale_F = given_NF.mean(0), given_NF.std(0) + 1e-9
    inputs = np.column_stack([np.ones(len(given_NF)), (given_NF - mean_F) / scale_F])
    penalty = PENALTY * np.diag([0.0, *np.ones(given_NF.shape[1])])
    weights = np.zeros(inputs.shape[1])
    for _ in range(STEPS):
        p_N = 1 / (1 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (p_N - right_N) + penalty @ weights
        curvature = (inputs.T * (p_N * (1 - p_N))) @ inputs + penalty
        weights -= np.linalg.solve(curvature + 1e-9 * np.eye(len(weights)), gradient)
    weights_F = weights[1:] / scale_F
    return float(weights[0] - weights_F @ mean_F), weights_F


def choice_log_likelihood(weights_F: Tensor, given_GF: Tensor, right_G: Tensor) -> Tensor:
    """Logarithm of the probability that one of the right answers of a question is chosen.

    Args:
        weights_F: weights of the features.
        given_GF: features of the question's G answers.
        right_G: whether each is right, at least one.
    """
    score_G = given_GF @ weights_F
    return score_G[right_G].logsumexp(0) - score_G.logsumexp(0)


def choice_model(given: Sequence[Array], right: Sequence[Sequence[bool]]) -> Array:
    """Fits a log-linear model that chooses the right ones of a question's answers.

    The prior of its weights is Gaussian around the choice by the first feature alone, which is the
    logarithm of a probability.

    Args:
        given: for every question the features of its answers, (G, F) each.
        right: for every question which of its answers are right; questions without are left out.

    Returns:
        The weights of the F features.
    """
    kept = [i for i, one in enumerate(right) if any(one)]
    scale_F = torch.as_tensor(np.concatenate([given[i] for i in kept]).std(0) + 1e-6)
    inputs = [torch.as_tensor(given[i]) / scale_F for i in kept]
    chosen = [torch.tensor(right[i]) for i in kept]
    prior_F = torch.zeros_like(scale_F)
    prior_F[0] = scale_F[0]
    weights_F = prior_F.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([weights_F], max_iter=CHOICE_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        likelihood = sum(
            (choice_log_likelihood(weights_F, x, y) for x, y in zip(inputs, chosen, strict=True)),
            torch.zeros((), dtype=torch.float64),
        )
        value = CHOICE_PENALTY * (weights_F - prior_F).square().sum() - likelihood
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[arg-type]
    return np.asarray((weights_F.detach() / scale_F).numpy())
