"""The study of stale draws: its exact figures against draws, and the script as a whole."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest
import torch

import stale_exploration as study


@pytest.fixture(scope="module")
def space() -> study.Space:
    return study.Space(range(2))


@pytest.fixture(scope="module")
def laws(space: study.Space) -> tuple[study.Laws, torch.Tensor]:
    """Laws of a policy and an older one, and the policy's scores."""
    generator = torch.Generator().manual_seed(0)
    theta, older = (torch.randn(2, 340, generator=generator).double() for _ in range(2))
    return study.laws_of(space, theta, older), space.scores(theta)


def test_scores_are_the_gradients_of_the_log_probabilities(space: study.Space) -> None:
    theta_SP = torch.randn(2, 340).double().requires_grad_()
    (slope_SP,) = torch.autograd.grad(space.log_probs(theta_SP)[:, 77].sum(), theta_SP)
    torch.testing.assert_close(space.scores(theta_SP.detach())[:, 77], slope_SP)


@pytest.mark.parametrize(
    "name", ["importance weights", "truncated, corrected", "balance heuristic"]
)
def test_the_unbiased_ones_are(
    space: study.Space, laws: tuple[study.Laws, torch.Tensor], name: str
) -> None:
    bias_S, _ = study.figures(space, *laws, study.ESTIMATES[name](laws[0], 0.5))
    assert bias_S.max() < 1e-9
    bias_S, _ = study.figures(space, *laws, study.ESTIMATES["truncated"](laws[0], 0.5))
    assert bias_S.min() > 1e-3


def test_the_deviation_with_a_memory_is_that_of_draws(
    space: study.Space, laws: tuple[study.Laws, torch.Tensor]
) -> None:
    """A stale draw enters B, an own draw comes from outside."""
    (target_SK, behaviour_SK), score_SKP = (laws[0].target_SK, laws[0].behaviour_SK), laws[1]
    term_KP = space.reward_SK[0, :, None] * score_SKP[0]
    exact_P = target_SK[0].exp() @ term_KP
    generator = torch.Generator().manual_seed(0)
    stale_N = torch.multinomial(behaviour_SK[0].exp(), 4000, True, generator=generator)
    law_NK = target_SK[0].exp().repeat(4000, 1)
    known_N = space.reward_SK[0, stale_N]
    law_NK[torch.arange(4000), stale_N] *= 1 - known_N
    own_N = torch.multinomial(law_NK, 1, generator=generator).squeeze(1)
    mass_N1 = (known_N * target_SK[0, stale_N].exp())[:, None]
    estimate_NP = mass_N1 * term_KP[stale_N] + (1 - mass_N1) * term_KP[own_N]
    square_N = (estimate_NP - exact_P).square().sum(1) / exact_P.square().sum()
    _, deviation_S = study.remembered(space, *laws)
    error = float(square_N.std()) / math.sqrt(4000)
    assert float(square_N.mean()) == pytest.approx(float(deviation_S[0]) ** 2, abs=4 * error)


@pytest.mark.slow
def test_the_page_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, plot = tmp_path / "page.md", tmp_path / "plot.png"
    monkeypatch.setattr(study, "STALENESS", (1, 3))
    options = ["--worlds", "2", "--steps", "2", "--lr", "0.5"]
    monkeypatch.setattr(sys, "argv", ["x", *options, "--page", str(page), "--plot", str(plot)])
    study.main()
    assert "| stale, own | truncated, corrected, c = 0.5 |" in page.read_text(encoding="utf-8")
    assert plot.stat().st_size > 0
