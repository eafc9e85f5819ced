"""The fit of a model's confidence."""

from __future__ import annotations

import numpy as np
import pytest

import sparse_rl
from calibrate_model import calibrate, logistic_regression
from sparse_rl.asking.confidence import FEATURES


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


@pytest.mark.slow
def test_a_calibration_of_the_packaged_model() -> None:
    calibration = calibrate(sparse_rl.load(), tables=3, seed=1)
    assert set(calibration.weights) == set(FEATURES)
