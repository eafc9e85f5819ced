"""GAIL's discriminator over programs: its optimum, and its part in the rewards.

Legend: N trajectory in the flat batch, M program of an expert, K kind of program.
"""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path

import pytest
import torch

from gail_programs import (
    Found,
    Gail,
    best_discriminator,
    centred_in_b,
    discriminator_loss,
    expert_of,
    policy_weights_in_b,
    template_shares,
)
from sparse_rl.errors import DataError
from sparse_rl.estimators import Mapo, ScoredBatch, Stratum


def batch() -> ScoredBatch:
    """A question with two programs in B, of other features, and a fresh one; one with a single."""
    return ScoredBatch(
        log_prob_N=torch.tensor([-1.0, -2.0, -1.5, -0.7], requires_grad=True),
        reward_N=torch.tensor([1.0, 1.0, 0.0, 1.0]),
        example_N=torch.tensor([0, 0, 0, 1]),
        stratum_N=torch.tensor([Stratum.B, Stratum.B, Stratum.FRESH, Stratum.B]),
        log_mass_b_B=torch.tensor([math.exp(-1) + math.exp(-2), math.exp(-0.7)]).log(),
        log_mass_c_B=torch.full((2,), -math.inf),
        num_examples=2,
        features_NF=torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]),
    )


@pytest.fixture
def experts(tmp_path: Path) -> str:
    """Experts whose programs are all like the question's second."""
    path = tmp_path / "experts.json"
    expert = {"features": [0.0, 1.0], "mean": [0.5, 0.5], "programs": 2}
    path.write_text(json.dumps([expert] * 3))
    return str(path)


def gradient(estimator: Mapo) -> list[float]:
    scored = batch()
    estimator.loss(scored)[0].backward()
    assert scored.log_prob_N.grad is not None
    found: list[float] = scored.log_prob_N.grad.tolist()
    return found


def test_the_optimum_is_the_policys_share_and_tells_the_divergence() -> None:
    """D* = rho_pi / (rho_pi + rho_E), where the objective is 2 JS(rho_pi, rho_E) - log 4."""
    policy_K = torch.tensor([0.5, 0.3, 0.15, 0.05]).double()
    # Eight experts: as many of each kind as their law says.
    expert_M = torch.tensor([0, 1, 1, 2, 2, 2, 3, 3])
    expert_K = torch.bincount(expert_M).double() / len(expert_M)
    logit_K = (policy_K / expert_K).log().requires_grad_()
    loss = discriminator_loss(logit_K, policy_K, logit_K[expert_M])
    (slope_K,) = torch.autograd.grad(loss, logit_K)
    assert slope_K.abs().max() < 1e-6
    middle_K = (policy_K + expert_K) / 2
    js = sum((p_K * (p_K / middle_K).log()).sum() / 2 for p_K in (policy_K, expert_K))
    assert -loss.item() == pytest.approx(float(2 * js - math.log(4)), abs=1e-6)


def test_without_an_opinion_it_is_mapo(experts: str) -> None:
    assert gradient(Gail(experts)) == pytest.approx(gradient(Mapo()))


@pytest.mark.parametrize("centred", [False, True])
def test_programs_like_the_experts_get_the_credit(experts: str, centred: bool) -> None:
    estimator = Gail(experts, centred, discriminator_lr=0.1)
    for _ in range(50):
        _, report = estimator.loss(batch())
    assert report["discriminator_accuracy"] > 0.75
    before, after = gradient(Mapo()), gradient(estimator)
    assert abs(after[0]) < abs(before[0])
    assert abs(after[1]) > abs(before[1])
    assert after[3] == pytest.approx(before[3])


def test_only_differences_within_a_question_are_seen() -> None:
    scored = batch()
    assert scored.features_NF is not None
    seen_NF = centred_in_b(scored.features_NF, scored)
    assert seen_NF.tolist() == [[0.5, -0.5], [-0.5, 0.5], [-0.5, -0.5], [0.0, 0.0]]
    weight_N = policy_weights_in_b(scored, least=2)
    assert weight_N.tolist() == pytest.approx([0.7311, 0.2689, 0.0, 0.0], abs=1e-4)


def found(*templates: int) -> Found:
    """A question's programs, the first of them most credible."""
    return Found(None, [], torch.zeros(len(templates), 2), [(t,) for t in templates], 0)


def test_templates_that_answer_many_questions_are_likely() -> None:
    """Template 1 alone answers all three; a question's only program counts in full."""
    questions = [found(0, 1), found(2, 1), found(1)]
    shares = template_shares(questions)
    assert shares[(1,)] == pytest.approx(1.0, abs=1e-3)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert [expert_of(one, shares) for one in questions] == [1, 1, 0]
    assert [expert_of(one, None) for one in questions] == [0, 0, 0]


def test_the_best_discriminator_knows_the_experts() -> None:
    """The experts' programs have the second feature, which others of their question lack."""
    features_KF = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    phi_P = best_discriminator([Found(None, [None] * 3, features_KF, [], 1)] * 4, None)
    assert phi_P[1] < 0 < phi_P[0]


def test_a_resumed_discriminator_goes_on(experts: str) -> None:
    one, two = Gail(experts), Gail(experts)
    one.loss(batch())
    two.load_state_dict(copy.deepcopy(one.state_dict()))
    assert gradient(one) == gradient(two)
    assert gradient(one) == gradient(two)


def test_a_wrong_file_of_experts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="give experts a file of this script"):
        Gail(str(tmp_path / "none.json"))
