"""The guard against NaN, the shape checks, precision, the entropy bonus and the diagnostics."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
import torch

import sparse_rl.estimators
from sparse_rl.estimators import (
    Borl,
    DirPg,
    EnergyPrior,
    Estimator,
    Gaca,
    HardEm,
    Iml,
    Mapo,
    Merl,
    Mml,
    Raml,
    Reinforce,
    ScoredBatch,
    Stratum,
    policy_weights,
)

B, C, FRESH = int(Stratum.B), int(Stratum.C), int(Stratum.FRESH)
# All strata with a baseline, and the full inverse tail from the first step.
STRATA: dict[str, Any] = {"clip_low": 0.1, "baseline": "mean"}
TAIL: dict[str, Any] = {"beta": -1.0, "temper_steps": 0}
ESTIMATORS = [
    Mapo(),
    Mapo(baseline="mean"),
    Mml(),
    Iml(),
    HardEm(),
    Raml(),
    Reinforce(entropy_weight=0.0),
    Gaca("guided", **STRATA, **TAIL),
    Gaca("credit", **STRATA, **TAIL),
    Gaca("literal", **STRATA, **TAIL),
    Gaca("guided", adaptive=False, prior=EnergyPrior(), **STRATA),
    Borl([1.0, -2.0]),
    Borl([1.0, -2.0], rule="best"),
    Merl(size=2),
    DirPg(),
]


def small_batch(dtype: torch.dtype = torch.float32, **changes: Any) -> ScoredBatch:
    """Four examples: B with fresh, B with C, fresh alone, and nothing."""
    log_prob_N = torch.tensor([-1.5, -2.5, -3.0, -4.0, -1.0, -2.0, -0.5], dtype=dtype)
    batch = ScoredBatch(
        log_prob_N=log_prob_N.requires_grad_(),
        reward_N=torch.tensor([1.0, 1, 0, 1, 1, 0, 0]),
        example_N=torch.tensor([0, 0, 0, 0, 1, 1, 2]),
        stratum_N=torch.tensor([B, B, FRESH, FRESH, B, C, FRESH]),
        log_mass_b_B=torch.tensor([math.log(0.4), math.log(0.05), -math.inf, -math.inf]),
        log_mass_c_B=torch.tensor([math.log(0.1), math.log(0.2), -math.inf, -math.inf]),
        num_examples=4,
        log_prior_N=torch.linspace(-3.0, -2.0, 7),
        features_NF=torch.linspace(0.0, 1.0, 14).view(7, 2),
    )
    return dataclasses.replace(batch, **changes)


def gradient(estimator: Estimator, batch: ScoredBatch) -> torch.Tensor:
    (out,) = torch.autograd.grad(estimator.loss(batch)[0], batch.log_prob_N)
    return out


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(
    "field", ["log_prob_N", "reward_N", "log_prior_N", "features_NF", "log_mass_b_B"]
)
def test_a_nan_is_counted_and_its_example_contributes_zero(
    estimator: Estimator, field: str
) -> None:
    if field == "log_prior_N" and isinstance(estimator.prior, EnergyPrior):
        pytest.skip("no prior is read")
    clean = small_batch()
    broken_N = getattr(clean, field).detach().clone()
    broken_N[0] = math.nan
    if field == "log_prob_N":
        broken_N.requires_grad_()
    loss, report = estimator.loss(small_batch(**{field: broken_N}))
    grad_N = gradient(estimator, small_batch(**{field: broken_N}))
    assert loss.isfinite() and grad_N.isfinite().all()
    assert report["nan_examples"] == 1.0 and report["empty_examples"] == 2.0
    assert all(value.isfinite() for value in report.values())
    # The others are as if the example had not come.
    keep_N = clean.example_N != 0
    rest = {
        name: getattr(clean, name)[keep_N]
        for name in ("reward_N", "example_N", "stratum_N", "log_prior_N", "features_NF")
    }
    log_prob_N = clean.log_prob_N.detach()[keep_N].requires_grad_()
    expected_N = gradient(estimator, small_batch(log_prob_N=log_prob_N, **rest))
    torch.testing.assert_close(grad_N[keep_N], expected_N)
    assert not grad_N[~keep_N].any()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_half_types_are_upcast_and_float64_stays(estimator: Estimator) -> None:
    """Logs in float32 at least (section 2)."""
    full, _ = estimator.loss(small_batch())
    half, _ = estimator.loss(small_batch(torch.bfloat16))
    double, report = estimator.loss(small_batch(torch.float64))
    assert full.dtype == half.dtype == torch.float32
    assert double.dtype == torch.float64
    torch.testing.assert_close(half, full)
    torch.testing.assert_close(double.float(), full)
    assert all(not value.requires_grad and value.dim() == 0 for value in report.values())


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_batch_without_trajectories_has_loss_zero(estimator: Estimator) -> None:
    none, index = torch.zeros(0, requires_grad=True), torch.zeros(0, dtype=torch.long)
    empty_B = torch.full((2,), -math.inf)
    features = torch.zeros(0, 2)
    batch = ScoredBatch(none, none, index, index, empty_B, empty_B, 2, none, features_NF=features)
    loss, report = estimator.loss(batch)
    torch.autograd.backward(loss)
    assert loss.item() == 0.0 and report["empty_examples"] == 2.0


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_loss_is_the_mean_over_all_examples(estimator: Estimator) -> None:
    """An example without anything counts in the mean."""
    batch = small_batch()
    more_B = torch.cat([batch.log_mass_b_B, torch.full((4,), -math.inf)])
    longer = small_batch(log_mass_b_B=more_B, log_mass_c_B=more_B, num_examples=8)
    longer = dataclasses.replace(longer, log_mass_c_B=more_B.clone())
    longer.log_mass_c_B[:4] = batch.log_mass_c_B
    torch.testing.assert_close(estimator.loss(longer)[0] * 2, estimator.loss(batch)[0])


def test_diagnostics_are_the_written_out_numbers() -> None:
    _, report = Mapo().loss(small_batch())
    expected = {
        "pi_b_mean": 0.45 / 4,
        "pi_b_q10": 0.0,
        "pi_b_q50": 0.025,
        "pi_b_q90": 0.05 + 0.7 * 0.35,
        "pi_c_mean": 0.3 / 4,
        "pi_u_mean": 1 - 0.75 / 4,
        "clip_rate": 0.5,
        "fresh_rewarded": 1 / 3,
        "empty_examples": 1.0,
        "nan_examples": 0.0,
    }
    share = 1 / (1 + math.exp(-1.0))
    expected["entropy_b"] = -(share * math.log(share) + (1 - share) * math.log(1 - share)) / 2
    # Example 0: coefficients .4 * (share, 1 - share) and .6 / 2; example 1: one; example 2: none.
    coefficients = [0.4 * share, 0.4 * (1 - share), 0.3]
    expected["grad_b"] = math.hypot(*coefficients[:2], 0.1) / 4
    expected["grad_c"], expected["grad_fresh"] = 0.0, 0.3 / 4
    expected["grad_direct"] = 0.0
    expected["ess"] = (sum(coefficients) ** 2 / sum(c * c for c in coefficients) + 1) / 2
    assert {key: value.item() for key, value in report.items()} == pytest.approx(expected, abs=1e-6)


EXPORTED = [getattr(sparse_rl.estimators, name) for name in sparse_rl.estimators.__all__]
STRATEGIES = [
    item
    for item in EXPORTED
    if isinstance(item, type) and issubclass(item, Estimator) and item is not Estimator
]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.__name__)
def test_every_strategy_reports_the_same_numbers_under_the_same_names(
    strategy: type[Estimator],
) -> None:
    """What is its own comes from `Objective.extra` and `own_diagnostics` alone."""
    (estimator,) = [e for e in ESTIMATORS if type(e) is strategy][:1]
    batch = small_batch()
    _, report = estimator.loss(batch)
    common = set(Mml().loss(batch)[1])
    own = {*estimator.objective(batch).extra, *estimator.own_diagnostics(batch)}
    assert set(report) - common == own
    loss, nothing = estimator.loss(batch, diagnose=False)
    assert loss == estimator.loss(batch)[0] and not nothing
    assert common <= set(report)
    assert {"pi_b_q10", "entropy_b", "ess", "clip_rate", "grad_b", "grad_c", "grad_fresh"} <= common


def test_grad_norms_are_those_of_the_loss() -> None:
    for estimator in ESTIMATORS:
        batch = small_batch()
        _, report = estimator.loss(batch)
        grad_N = gradient(estimator, batch)
        for stratum in Stratum:
            actual = report[f"grad_{stratum.name.lower()}"]
            torch.testing.assert_close(actual, grad_N[batch.stratum_N == stratum].norm())


def test_entropy_bonus_uses_fresh_draws_where_there_are_any_else_all_by_weight() -> None:
    """loss - weight * mean over examples of H; example 1 has no fresh draws."""
    entropy_N = torch.tensor([1.0, 2, 3, 5, 7, 11, 13], requires_grad=True)
    plain, _ = Mapo().loss(small_batch())
    loss, _ = Mapo(entropy_weight=0.1).loss(small_batch(entropy_N=entropy_N))
    # a of example 1: w_B = .1 in B; (1 - .1) * .2 / .95 in C.
    inside, outside = 0.1, 0.9 * 0.2 / 0.95
    mean = (7 * inside + 11 * outside) / (inside + outside)
    assert (plain - loss).item() == pytest.approx(0.1 * (4 + mean + 13) / 4, rel=1e-5)
    (grad_N,) = torch.autograd.grad(loss, entropy_N)
    assert grad_N[:4].tolist() == pytest.approx([0.0, 0.0, -0.0125, -0.0125])
    with pytest.raises(ValueError, match="pass entropy_N"):
        Mml(entropy_weight=0.1).loss(small_batch())
    with pytest.raises(ValueError, match="set entropy_weight to 0 or more"):
        Mml(entropy_weight=-1.0)


def test_policy_weights_are_unclipped() -> None:
    """pi_B inside B, the rest to fresh draws, C for its own mass where there are none."""
    share = 1 / (1 + math.exp(-1.0))
    weight_N = policy_weights(small_batch())
    expected = [0.4 * share, 0.4 * (1 - share), 0.3, 0.3, 0.05, 0.2, 1.0]
    assert weight_N.tolist() == pytest.approx(expected)
    log_prob_N = small_batch().log_prob_N.detach().clone()
    log_prob_N[6] = math.nan
    assert policy_weights(small_batch(log_prob_N=log_prob_N))[6] == 0.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reward_N": torch.zeros(6)}, r"pass reward_N with shape \(7,\): got \(6,\)"),
        ({"log_prior_N": torch.zeros(7, 1)}, r"pass log_prior_N with shape \(7,\)"),
        ({"log_mass_c_B": torch.zeros(5)}, r"pass log_mass_c_B with shape \(4,\)"),
        ({"example_N": torch.full((7,), 4)}, r"pass example_N within \[0, 4\)"),
        ({"stratum_N": torch.zeros(7)}, "pass stratum_N as a long tensor"),
        ({"log_prob_N": torch.zeros(7, 1)}, "pass log_prob_N as a flat float tensor"),
        ({"num_examples": 0}, "pass num_examples of at least 1"),
    ],
)
def test_a_batch_that_does_not_fit_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Mapo().loss(small_batch(**changes))
