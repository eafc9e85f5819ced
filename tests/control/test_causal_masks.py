"""Distributions over masks, by enumeration of all masks."""

from __future__ import annotations

import pytest
import torch

from sparse_rl.control.causal.masks import (
    all_masks,
    best_mask,
    disagreement,
    draw_mask,
    fit_values,
    graph_input,
    log_probability,
)

MASKS = all_masks(4).double()
WEIGHT = torch.tensor([2.0, -0.5, 0.3, -7.0], dtype=torch.float64)


def test_all_masks_are_there_once() -> None:
    assert len({tuple(mask) for mask in MASKS.tolist()}) == 16


def test_a_masked_input_differs_from_a_zero() -> None:
    zero, mask = torch.zeros(1, 2), torch.tensor([[1.0, 0.0]])
    assert graph_input(zero, mask).tolist() == [[0, 0, 1, 0]]
    assert graph_input(torch.tensor([[3.0, 5.0]]), mask).tolist() == [[3, 0, 1, 0]]
    with pytest.raises(ValueError, match="pass mask_NI with shape"):
        graph_input(zero, mask[0])


@pytest.mark.parametrize("temperature", [1.0, 10.0])
def test_probabilities_are_the_normalised_enumeration(temperature: float) -> None:
    energy = torch.stack([(mask * WEIGHT).sum() for mask in MASKS])
    expected = torch.log_softmax(energy / temperature, 0)
    torch.testing.assert_close(log_probability(MASKS, WEIGHT, temperature), expected)


def test_the_mode_is_the_most_probable_mask() -> None:
    most_probable = MASKS[log_probability(MASKS, WEIGHT).argmax()]
    assert torch.equal(best_mask(WEIGHT), most_probable)


def test_draws_follow_the_probabilities() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = torch.stack([draw_mask(WEIGHT, 2.0, generator) for _ in range(4000)])
    shares = (drawn.unsqueeze(1) == MASKS).all(-1).double().mean(0)
    expected = log_probability(MASKS, WEIGHT, 2.0).exp()
    errors = (expected * (1 - expected) / len(drawn)).sqrt()
    assert ((shares - expected).abs() <= 4 * errors + 1e-9).all()


def test_regression_recovers_a_linear_value() -> None:
    fit = fit_values(MASKS, MASKS @ WEIGHT - 120.0, ridge=0.0)
    torch.testing.assert_close(fit.weight_I, WEIGHT)
    torch.testing.assert_close(fit.intercept, torch.tensor(-120.0, dtype=torch.float64))


def test_the_fit_minimises_the_penalised_squares() -> None:
    """A quadratic value, few trials: the gradient of the written-out objective vanishes."""
    mask_NI, value_N = MASKS[[3, 5, 6, 6, 14]], torch.tensor([-200.0, -150, -199, -120, -110])
    value_N = value_N.double()
    fit = fit_values(mask_NI, value_N, ridge=0.7)
    weight_I, intercept = (part.clone().requires_grad_() for part in fit)
    objective = sum(
        (value - (weight_I * mask).sum() - intercept) ** 2
        for mask, value in zip(mask_NI, value_N, strict=True)
    )
    (objective + 0.7 * weight_I.square().sum()).backward()
    torch.testing.assert_close(weight_I.grad, torch.zeros_like(weight_I))
    torch.testing.assert_close(intercept.grad, torch.zeros_like(intercept))


def test_a_single_trial_says_nothing_of_the_inputs() -> None:
    for ridge in (0.0, 1.0):
        fit = fit_values(MASKS[[5]], torch.tensor([-200.0], dtype=torch.float64), ridge)
        assert fit.weight_I.abs().max() < 1e-9 and fit.intercept == -200


def test_the_mode_of_the_fit_is_the_best_mask_of_a_linear_loss() -> None:
    loss = 3.0 - MASKS @ WEIGHT
    fit = fit_values(MASKS, -loss, ridge=0.0)
    assert torch.equal(best_mask(fit.weight_I), MASKS[loss.argmin()])


def test_disagreement_is_the_mean_divergence_from_the_mixture() -> None:
    generator = torch.Generator().manual_seed(0)
    pi_GNA = torch.rand(8, 5, 3, generator=generator, dtype=torch.float64).softmax(-1)
    for n in range(5):
        mixture = sum(pi_GNA[g, n] for g in range(8)) / 8
        divergence = 0.0
        for g in range(8):
            for a in range(3):
                p = float(pi_GNA[g, n, a])
                divergence += p * float(torch.log(pi_GNA[g, n, a] / mixture[a])) / 8
        assert float(disagreement(pi_GNA.log())[n]) == pytest.approx(divergence, abs=1e-12)
    same = pi_GNA[:1].expand(8, 5, 3).log()
    assert disagreement(same).abs().max() < 1e-12
