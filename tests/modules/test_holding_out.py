"""Held-out examples, and MeRL's meta-gradient through the real network."""

from __future__ import annotations

import math

import pytest
import torch

from sparse_rl.estimators import Merl, Mml, ScoredBatch, Stratum
from sparse_rl.estimators.functional import segment_logsumexp
from sparse_rl.exploration.tables.exhaustive import exhaustive_programs
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.world import replay_actions
from sparse_rl.modules.drawing import Drawn
from sparse_rl.modules.holding_out import is_held_out, score_under, trainable
from sparse_rl.modules.tables.policy import TablePolicy


def test_a_share_of_the_examples_is_held_out_and_always_the_same() -> None:
    ids = [f"question {i}" for i in range(5000)]
    held = [id_ for id_ in ids if is_held_out(id_, 0.2)]
    assert len(held) / len(ids) == pytest.approx(0.2, abs=0.02)
    assert not any(is_held_out(id_, 0.0) for id_ in ids)
    assert set(held) < {id_ for id_ in ids if is_held_out(id_, 0.5)}


def draw(worlds: list[TableWorld]) -> Drawn:
    drawn = Drawn()
    for place, world in enumerate(worlds):
        programs = exhaustive_programs(world, max_programs=4)
        drawn.extend([replay_actions(world, actions) for actions in programs], place, Stratum.B)
    return drawn


def scored(
    scores: tuple[torch.Tensor, torch.Tensor], drawn: Drawn, worlds: list[TableWorld]
) -> ScoredBatch:
    log_prob_N, example_N = scores[0], torch.tensor(drawn.examples)
    generator = torch.Generator().manual_seed(1)
    return ScoredBatch(
        log_prob_N,
        torch.ones(len(log_prob_N)),
        example_N,
        torch.full_like(example_N, int(Stratum.B)),
        segment_logsumexp(log_prob_N.detach(), example_N, len(worlds)),
        torch.full((len(worlds),), -math.inf),
        len(worlds),
        features_NF=torch.rand(len(log_prob_N), 12, generator=generator),
    )


def test_the_meta_gradient_through_the_lstm_is_that_of_finite_differences(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    """In float32, in which the network scores; to 1e-4 in float64 in the estimator's own test."""
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter.div_(2.0)
    train, held = draw(worlds[:6]), draw(worlds[6:])
    assert any(train.examples.count(place) > 1 for place in range(6))
    theta = trainable(policy)

    def held_out(parameters: object) -> ScoredBatch:
        return scored(score_under(parameters, policy, examples[6:], held), held, worlds[6:])  # type: ignore[arg-type]

    def begin(phi_P: torch.Tensor) -> tuple[Merl, torch.Tensor, ScoredBatch]:
        merl = Merl(size=12, look_ahead=0.5)
        merl.load_state_dict(merl.state_dict() | {"phi": phi_P})
        batch = scored(score_under(theta, policy, examples[:6], train), train, worlds[:6])
        return merl, merl.loss(batch)[0], batch

    def value(phi_P: torch.Tensor) -> float:
        _, loss, _ = begin(phi_P)
        step = torch.autograd.grad(loss, list(theta.values()), materialize_grads=True)
        moved = {n: p.detach() - 0.5 * g for (n, p), g in zip(theta.items(), step, strict=True)}
        return float(Mml().loss(held_out(moved))[0].detach())

    phi_P = torch.linspace(-1.0, 1.0, 12)
    merl, loss, batch = begin(phi_P)
    _, grad_P = merl.meta_gradient(loss, batch, theta, held_out)
    generator = torch.Generator().manual_seed(0)
    for _ in range(3):
        direction_P = torch.randn(12, generator=generator)
        small_P = 0.05 * direction_P
        expected = (value(phi_P + small_P) - value(phi_P - small_P)) / 0.1
        assert abs(expected) > 1e-3
        assert float(grad_P.float() @ direction_P) == pytest.approx(expected, rel=1e-2)
