"""Direct policy gradients against enumeration: eq. 12, small epsilon, and counted failures."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
import torch

from sparse_rl.estimators import DirPg, Stratum
from sparse_rl.exploration.direct import DirectPair, DirectSearch, direct_search
from sparse_rl.exploration.gumbel import GumbelTree, Region, run_together

Toy = Any  # the enumerable worlds of conftest.py
OPT, DIRECT = Stratum.FRESH, Stratum.DIRECT
ENOUGH = 1_000_000


class AtMostOne:
    """Rewards of at most 1 at the end: prunes what cannot reach the best."""

    def gained(self, region: Region, /) -> float:
        return 0.0

    def to_come(self, region: Region, /) -> float:
        return 1.0


def grade(toy: Toy) -> None:
    """Rewards of several sizes, so that the direction depends on epsilon."""
    for world, programs in zip(toy.worlds, toy.programs, strict=True):
        world.rewards = {p.actions: (0.0, 0.3, 1.0)[k % 3] for k, p in enumerate(programs)}
    toy.rewards = [
        torch.tensor([world.reward(p.actions) for p in programs]).double()
        for world, programs in zip(toy.worlds, toy.programs, strict=True)
    ]


def direct_objective(toy: Toy, epsilon: float) -> torch.Tensor:
    """(1/epsilon) log E_pi[exp(epsilon R)], mean over contexts (eq. 11)."""
    values = [
        (log_prob + epsilon * reward).logsumexp(0) / epsilon
        for log_prob, reward in zip(toy.log_probs(), toy.rewards, strict=True)
    ]
    return torch.stack(values).mean()


def expected_gradient(toy: Toy, epsilon: float) -> torch.Tensor:
    """The estimator's expected ascent direction, enumerated over a_opt and a_dir.

    They depend on each other through the noise, but the gradient is a sum of their parts, so only
    their marginals matter: pi and, in proportion, pi * exp(epsilon R) (eq. 12). Each is paired
    with program 0, which thereby enters twice with opposite signs.
    """
    estimator = DirPg(epsilon)
    total = torch.zeros_like(toy.theta)
    for s, log_prob in enumerate(toy.log_probs()):
        opt = log_prob.detach().softmax(0)
        best = (log_prob.detach() + epsilon * toy.rewards[s]).softmax(0)
        for k in range(len(opt)):
            for chance, rows in (
                (opt[k], [(s, k, OPT), (s, 0, DIRECT)]),
                (best[k], [(s, 0, OPT), (s, k, DIRECT)]),
            ):
                batch = toy.batch(rows, [[]] * (s + 1), contexts=[s])
                total -= chance * toy.grad(estimator.loss(batch)[0])
    return total / len(toy.worlds)


def searched(toy: Toy, s: int, options: DirectSearch, number: int) -> list[DirectPair]:
    """Pairs found by `number` complete searches in a context."""
    world, log_prob = toy.worlds[s], toy.log_probs()[s].tolist()
    mass: defaultdict[tuple[int, ...], float] = defaultdict(lambda: -math.inf)
    for program, value in zip(toy.programs[s], log_prob, strict=True):
        for length in range(len(program.actions) + 1):
            prefix = program.actions[:length]
            mass[prefix] = float(np.logaddexp(mass[prefix], value))

    def score(requests: Any) -> list[list[float]]:
        return [
            [mass[(*region.actions, a)] - mass[region.actions] for a in region.valid]
            for _, region in requests
        ]

    searches = [
        direct_search(GumbelTree(world, random.Random(f"{s} {n}").random), options, AtMostOne())
        for n in range(number)
    ]
    return run_together(searches, score)


@pytest.mark.parametrize("epsilon", [0.1, 0.5, 5.0, -0.5])
def test_expected_gradient_is_that_of_the_direct_objective(toy: Toy, epsilon: float) -> None:
    grade(toy)
    expected = toy.grad(direct_objective(toy, epsilon))
    assert expected.abs().max() > 1e-3
    torch.testing.assert_close(expected_gradient(toy, epsilon), expected, atol=1e-9, rtol=1e-6)


def test_small_epsilon_is_the_policy_gradient(toy: Toy) -> None:
    """Cosine above .999 at epsilon = .1; clearly less at 5."""
    grade(toy)
    values = [(p.exp() * r).sum() for p, r in zip(toy.log_probs(), toy.rewards, strict=True)]
    exact = toy.grad(torch.stack(values).mean())
    assert torch.cosine_similarity(expected_gradient(toy, 0.1), exact, 0) > 0.999
    assert torch.cosine_similarity(expected_gradient(toy, 5.0), exact, 0) < 0.98


def test_epsilon_weighs_the_variance_of_the_reward(masked: Toy) -> None:
    """Eq. 14: (1/e) log E[exp(e R)] = E[R] + e/2 Var[R] + O(e^2), for the gradients too."""
    grade(masked)
    variances = []
    for log_prob, reward in zip(masked.log_probs(), masked.rewards, strict=True):
        mean = (log_prob.exp() * reward).sum()
        variances.append((log_prob.exp() * (reward - mean) ** 2).sum())
    risk = masked.grad(torch.stack(variances).mean()) / 2
    epsilon = 1e-2
    seeking, averse = expected_gradient(masked, epsilon), expected_gradient(masked, -epsilon)
    slope = (seeking - averse) / (2 * epsilon)
    assert risk.abs().max() > 1e-3
    torch.testing.assert_close(slope, risk, atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("epsilon", [0.5, 5.0])
def test_the_mean_of_searches_is_eq_12(masked: Toy, epsilon: float) -> None:
    """Within 3 standard errors in every coordinate, with bounds that prune."""
    grade(masked)
    number = 2000
    options = DirectSearch(epsilon, 1.0, ENOUGH, first_improvement=False)
    total = torch.zeros_like(masked.theta)
    variance = torch.zeros_like(masked.theta)
    for s, programs in enumerate(masked.programs):
        place = {program.actions: k for k, program in enumerate(programs)}
        gradient_KP = torch.stack([masked.grad(value) for value in masked.log_probs()[s]])
        pairs = searched(masked, s, options, number)
        best_N = torch.tensor([place[pair.best.actions] for pair in pairs])
        opt_N = torch.tensor([place[pair.opt.actions] for pair in pairs])
        sample_NP = (gradient_KP[best_N] - gradient_KP[opt_N]) / epsilon / len(masked.programs)
        total += sample_NP.mean(0)
        variance += sample_NP.var(0) / number
    expected = masked.grad(direct_objective(masked, epsilon))
    error = (total - expected).abs()
    assert bool((error <= 3.0 * variance.sqrt() + 1e-12).all())
    assert bool((variance.sqrt() < 0.05).all()), "the test could fail"


def test_no_improvement_is_a_zero_gradient_and_counted(flat: Toy) -> None:
    """One example of three improves."""
    rows = [(0, 2, OPT), (0, 4, DIRECT), (1, 5, OPT), (2, 1, OPT)]
    batch = flat.batch(rows, [[], [], []])
    loss, diagnostics = DirPg(4.0).loss(batch)
    log_prob = flat.log_probs()[0]
    written = -(log_prob[4] - log_prob[2]) / 4.0 / 3
    torch.testing.assert_close(flat.grad(loss), flat.grad(written))
    assert diagnostics["improved"] == pytest.approx(1 / 3)


def test_options_reach_the_plan() -> None:
    plan = DirPg(epsilon=10.0, alpha=0.5, budget=7, first_improvement=False).plan
    assert plan.direct == DirectSearch(10.0, 0.5, 7, False)
    assert not plan.fresh, "the search brings its own draw"
    with pytest.raises(ValueError, match="set epsilon"):
        DirPg(epsilon=0.0)
