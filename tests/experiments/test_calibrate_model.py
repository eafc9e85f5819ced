"""The fit of a model's confidence."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest

import sparse_rl
from calibrate_model import REFUSED, calibrate, generated, logistic_regression
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


def test_few_right_answers_are_refused() -> None:
    rng = random.Random(0)
    rows = []
    for _ in range(600):
        given = dict.fromkeys(FEATURES, 0.0) | {"mass": rng.gauss(0, 2)}
        rows.append((given, rng.random() < 1 / (1 + math.exp(-given["mass"]))))
    fitted = calibrate(rows)
    refused = [fitted.confidence(given) < fitted.answerable for given, right in rows if right]
    assert 0 < sum(refused) <= REFUSED * len(refused)


@pytest.mark.slow
def test_a_calibration_of_the_packaged_model(tmp_path: Path) -> None:
    calibration = calibrate(list(generated(sparse_rl.load(), tmp_path, tables=3, seed=1)))
    assert set(calibration.weights) == set(FEATURES)
