"""Fits of a logistic regression and of a choice."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from calibrating.regressions import (
    CHOICE_PENALTY,
    choice_log_likelihood,
    choice_model,
    logistic_regression,
)


def test_the_gradient_is_zero_at_the_fit() -> None:
    rng = np.random.default_rng(0)
    given_NF = rng.normal([0.0, 50.0], [1.0, 20.0], (400, 2))
    logit_N = 1.5 * given_NF[:, 0] - 0.1 * given_NF[:, 1] + 5
    right_N = (rng.random(400) < 1 / (1 + np.exp(-logit_N))).astype(float)
    intercept, weights_F = logistic_regression(given_NF, right_N)
    p_N = 1 / (1 + np.exp(-(intercept + given_NF @ weights_F)))
    assert (p_N - right_N).sum() == pytest.approx(0, abs=1e-6)
    # The prior's gradient: weights of standardised features, at a penalty of 1.
    scale_F = given_NF.std(0)
    inputs_NF = (given_NF - given_NF.mean(0)) / scale_F
    assert inputs_NF.T @ (right_N - p_N) == pytest.approx(weights_F * scale_F, abs=1e-5)


def test_a_feature_that_never_varies_has_no_weight() -> None:
    given_NF = np.column_stack([np.zeros(10), np.arange(10.0)])
    intercept, weights_F = logistic_regression(given_NF, (np.arange(10) > 4).astype(float))
    assert weights_F[0] == 0 < weights_F[1] and np.isfinite(intercept)


def test_the_probability_of_a_choice() -> None:
    weights_F = torch.tensor([1.0, 2.0], dtype=torch.float64)
    given_GF = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    right_G = torch.tensor([True, False, True])
    expected = math.log((1 + math.exp(2)) / (1 + math.exp(1) + math.exp(2)))
    found = choice_log_likelihood(weights_F, given_GF, right_G)
    assert float(found) == pytest.approx(expected, abs=1e-12)


def test_a_choice_is_fitted_to_its_optimum() -> None:
    rng = np.random.default_rng(0)
    given = [rng.normal(size=(4, 3)) * [1.0, 2.0, 0.0] for _ in range(300)]
    right = []
    for one in given:
        score = one @ [1.0, -0.5, 0.0] + rng.gumbel(size=4)
        right.append([bool(place == score.argmax()) for place in range(4)])
    right[0] = [False] * 4
    weights_F = choice_model(given, right)
    assert weights_F[:2] == pytest.approx([1.0, -0.5], abs=0.2) and abs(weights_F[2]) < 1e-6
    # The gradient of likelihood and prior, by differences.
    scale_F = np.concatenate(given[1:]).std(0) + 1e-6

    def objective(weights: np.ndarray) -> float:
        total = sum(
            float(
                choice_log_likelihood(torch.as_tensor(weights), torch.as_tensor(x), torch.tensor(y))
            )
            for x, y in zip(given[1:], right[1:], strict=True)
        )
        prior = (weights - np.array([1.0, 0, 0])) * scale_F
        return total - CHOICE_PENALTY * float(prior @ prior)

    for place in range(2):
        step = np.zeros(3)
        step[place] = 1e-5
        slope = (objective(weights_F + step) - objective(weights_F - step)) / 2e-5
        assert slope == pytest.approx(0, abs=1e-3)
