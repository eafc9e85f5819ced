"""MAPO and GACA by enumeration, where the policy is a transformer that spells its actions.

The worlds of conftest.py, with the gradient in all weights of the model instead of in logits.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, LlamaConfig

from sparse_rl.estimators import EnergyPrior, Gaca, Mapo
from sparse_rl.modules.language_models.spelled_policy import SpelledPolicy

Toy = Any  # the enumerable worlds of conftest.py
CLOSE = {"atol": 2e-6, "rtol": 1e-4}


def say(context: int) -> tuple[list[int], list[tuple[int, ...]]]:
    """The prompt is the context's number; actions 0 to 10 are 3, 3 3, 3 4, 4, 4 3, and so on."""
    spelled = [(3 + n // 3, *((3 + n % 3,) if n % 3 else ())) for n in range(11)]
    return [2, 3 + context], spelled


@pytest.fixture
def spoken(toy: Toy) -> Toy:
    """Both worlds in turn, with a transformer as the policy."""
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(
        LlamaConfig(
            vocab_size=8,
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            bos_token_id=None,
            eos_token_id=0,
        )
    )
    policy = SpelledPolicy(model.double(), say, 0, 32)
    weights = list(policy.parameters())
    with torch.no_grad():
        for part in weights:
            part.mul_(5.0)

    def log_probs() -> list[Tensor]:
        encoded = policy.encode(range(len(toy.worlds)))
        return [
            policy.score(encoded, programs, [s] * len(programs))[0].double()
            for s, programs in enumerate(toy.programs)
        ]

    def grad(value: Tensor) -> Tensor:
        parts = torch.autograd.grad(value, weights, retain_graph=True)
        return torch.cat([part.flatten() for part in parts])

    toy.log_probs, toy.grad = log_probs, grad
    return toy


def some_of_b(toy: Toy) -> list[list[int]]:
    """B keeps all the rewarded programs of a context but the last."""
    return [reward.nonzero().flatten().tolist()[:-1] for reward in toy.rewards]


def test_mapo_is_the_exact_policy_gradient(spoken: Toy) -> None:
    values = [(p.exp() * r).sum() for p, r in zip(spoken.log_probs(), spoken.rewards, strict=True)]
    expected = spoken.grad(torch.stack(values).mean())
    actual = spoken.expected_gradient(Mapo(clip_low=0.0), some_of_b(spoken))
    assert expected.abs().max() > 1e-3
    torch.testing.assert_close(actual, expected, **CLOSE)


def test_clipped_mapo_is_its_equations_5_and_6(spoken: Toy) -> None:
    values = []
    for log_prob, reward, kept in zip(
        spoken.log_probs(), spoken.rewards, some_of_b(spoken), strict=True
    ):
        prob = log_prob.detach().exp()
        outside = [k for k in range(len(prob)) if k not in kept]
        pi_b = prob[kept].sum()
        outer = max(float(pi_b), 0.6) if kept else 0.0
        inside = (prob[kept] * reward[kept] * log_prob[kept]).sum() / pi_b if kept else 0.0
        rest = (prob[outside] * reward[outside] * log_prob[outside]).sum() / (1 - pi_b)
        values.append(outer * inside + (1 - outer) * rest)
    expected = spoken.grad(torch.stack(values).mean())
    actual = spoken.expected_gradient(Mapo(clip_low=0.6), some_of_b(spoken))
    torch.testing.assert_close(actual, expected, **CLOSE)


def test_gaca_is_the_gradient_of_its_objective(spoken: Toy) -> None:
    """With the energy prior and exact KL, grad(E[r] + lam H) / lam (GACA eq. 7)."""
    lam = 0.5
    estimator = Gaca("guided", False, prior=EnergyPrior(), lam=lam, clip_low=0.0, baseline="none")
    values = [
        (p.exp() * r).sum() / lam - (p.exp() * p).sum()
        for p, r in zip(spoken.log_probs(), spoken.rewards, strict=True)
    ]
    expected = spoken.grad(torch.stack(values).mean())
    actual = spoken.expected_gradient(estimator, some_of_b(spoken))
    torch.testing.assert_close(actual, expected, **CLOSE)
