"""Enumerable worlds with tabular softmax policies, and batches made of their programs.

Legend: S context, K program of a context, N trajectory in the flat batch, V action.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from sparse_rl.estimators import Estimator, ScoredBatch, Stratum
from sparse_rl.interpreters.toys import TreeWorld, enumerate_trajectories

Prefix = tuple[int, ...]
Row = tuple[int, int, Stratum]


class Toy:
    """Contexts of one tabular policy: a logit for every (context, prefix, action)."""

    def __init__(self, worlds: Sequence[TreeWorld], seed: int = 0) -> None:
        self.worlds = worlds
        self.programs = [list(enumerate_trajectories(world)) for world in worlds]
        self.rewards = [torch.tensor([p.reward for p in ps]).double() for ps in self.programs]
        self.sites = [
            (s, prefix, action)
            for s, world in enumerate(worlds)
            for prefix, actions in world.valid.items()
            for action in actions
        ]
        place = {site: i for i, site in enumerate(self.sites)}
        nodes = sorted({(s, prefix) for s, prefix, _ in self.sites})
        self.node = torch.tensor([nodes.index((s, prefix)) for s, prefix, _ in self.sites])
        # Which sites each program passes: its log-probability is the sum over them.
        self.walks = [torch.zeros(len(ps), len(self.sites)).double() for ps in self.programs]
        for s, programs in enumerate(self.programs):
            for k, program in enumerate(programs):
                for t, action in enumerate(program.actions):
                    self.walks[s][k, place[s, program.actions[:t], action]] = 1.0
        noise = torch.randn(len(self.sites), generator=torch.Generator().manual_seed(seed))
        self.theta = noise.double().requires_grad_()

    def log_probs(self) -> list[Tensor]:
        """log pi(z|s) of every program, a tensor [K] for each context."""
        log_total = torch.zeros(int(self.node.max()) + 1).double()
        log_total = log_total.index_add(0, self.node, self.theta.exp()).log()
        log_step = self.theta - log_total[self.node]
        return [walks @ log_step for walks in self.walks]

    def grad(self, value: Tensor) -> Tensor:
        """Gradient in the policy's parameters."""
        (out,) = torch.autograd.grad(value, self.theta, retain_graph=True, allow_unused=True)
        return torch.zeros_like(self.theta) if out is None else out

    def batch(
        self,
        rows: Sequence[Row],
        members: Sequence[Sequence[int]],
        unrewarded: Sequence[Sequence[int]] | None = None,
        priors: Sequence[Tensor] | None = None,
        contexts: Sequence[int] | None = None,
        features: Sequence[Tensor] | None = None,
    ) -> ScoredBatch:
        """Scores rows (context, program, stratum); `members` is B of each context, by place."""
        contexts = range(len(self.worlds)) if contexts is None else contexts
        log_probs = self.log_probs()
        unrewarded = [[] for _ in self.worlds] if unrewarded is None else unrewarded

        def gather(values: Sequence[Tensor]) -> Tensor:
            return torch.stack([values[s][k] for s, k, _ in rows])

        def mass(sets: Sequence[Sequence[int]]) -> Tensor:
            kept = [log_probs[s].detach()[list(sets[s])] for s in contexts]
            return torch.stack([item.logsumexp(0) for item in kept])

        where = {s: place for place, s in enumerate(contexts)}
        return ScoredBatch(
            log_prob_N=gather(log_probs),
            reward_N=gather(self.rewards),
            example_N=torch.tensor([where[s] for s, _, _ in rows]),
            stratum_N=torch.tensor([int(stratum) for _, _, stratum in rows]),
            log_mass_b_B=mass(members),
            log_mass_c_B=mass(unrewarded),
            num_examples=len(contexts),
            log_prior_N=None if priors is None else gather(priors),
            features_NF=None if features is None else gather(features),
        )

    def expected_gradient(
        self,
        estimator: Estimator,
        members: Sequence[Sequence[int]],
        draws: int = 1,
        priors: Sequence[Tensor] | None = None,
        features: Sequence[Tensor] | None = None,
    ) -> Tensor:
        """Ascent direction, mean over contexts, enumerated over all fresh draws outside B.

        Draws in another order are the same batch (`test_identities.py`), so each set comes once.
        """
        expected = torch.zeros(()).double()
        for s, log_prob in enumerate(self.log_probs()):
            prob = log_prob.detach().exp()
            outside = [k for k in range(len(prob)) if k not in members[s]]
            inside = [(s, k, Stratum.B) for k in members[s]]
            for drawn in itertools.combinations_with_replacement(outside, draws):
                orders = len(set(itertools.permutations(drawn)))
                chance = orders * (prob[list(drawn)] / prob[outside].sum()).prod()
                rows = inside + [(s, k, Stratum.FRESH) for k in drawn]
                batch = self.batch(rows, members, None, priors, [s], features)
                expected = expected + chance * estimator.loss(batch)[0]
        return -self.grad(expected) / len(self.worlds)


def flat_worlds() -> list[TreeWorld]:
    """Three contexts of eleven one-step programs; several rewarded, one with none."""
    rewards: list[dict[Prefix, float]] = [{(1,): 1.0, (4,): 1.0, (7,): 1.0}, {(2,): 1.0}, {}]
    return [TreeWorld({(): tuple(range(11))}, reward) for reward in rewards]


def masked_worlds() -> list[TreeWorld]:
    """Two contexts of two-step trees with different masks and shared symbols.

    Symbols: 0 stop, 1 a function, 2 a column, 3 a constant.
    """
    first: dict[Prefix, Prefix] = {(): (0, 1, 2), (1,): (3, 4, 5, 6), (2,): (0, 3, 5)}
    second: dict[Prefix, Prefix] = {(): (1, 2, 0), (1,): (4, 5), (2,): (3, 4, 5, 6)}
    symbols = (0, 1, 1, 2, 2, 3, 2)
    return [
        TreeWorld(first, {(1, 4): 1.0, (2, 5): 1.0, (0,): 1.0}, symbols),
        TreeWorld(second, {(2, 3): 1.0, (1, 5): 1.0}, symbols),
    ]


@pytest.fixture(params=["flat", "masked"])
def toy(request: pytest.FixtureRequest) -> Toy:
    """Both enumerable worlds in turn."""
    return Toy(flat_worlds() if request.param == "flat" else masked_worlds())


@pytest.fixture
def flat() -> Toy:
    return Toy(flat_worlds())


@pytest.fixture
def masked() -> Toy:
    return Toy(masked_worlds())


@pytest.fixture
def make_toy() -> Callable[..., Toy]:
    return Toy
