"""The direct search by the current policy: scores, bounds, what is drawn and what is filed."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
import torch

from sparse_rl.estimators import DirPg, Plan, ScoredBatch, Stratum
from sparse_rl.exploration.direct import DirectSearch
from sparse_rl.exploration.gumbel import GumbelTree, Region, run_together, without_replacement
from sparse_rl.exploration.systematic import systematic_walks, uniform
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.modules.drawing import draw, search
from sparse_rl.modules.policy import Policy
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.visit import Visit
from sparse_rl.replay.memory import Memory
from sparse_rl.replay.strata import Strata

WHOLE = DirectSearch(epsilon=10.0, budget=10**6, first_improvement=False)


def visit_of(
    policy: TablePolicy,
    examples: list[Example],
    worlds: list[TableWorld],
    replay: Strata | None = None,
) -> Visit:
    ids = [example.id for example in examples]
    replay = replay or Strata()
    encoded = policy.encode(examples)
    return Visit(policy, encoded, ids, worlds, Memory(replay), [0] * len(ids), 0)


def test_scores_are_those_of_the_policy(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    """Of whole programs, whatever the order in which the prefixes were scored.

    Where one action is valid the policy is not asked, but must have read it.
    """
    encoded = policy.encode(examples)
    places = [0, 1, 2, 0]
    searches = [
        without_replacement(GumbelTree(worlds[b], random.Random(seed).random), 6)
        for seed, b in enumerate(places)
    ]
    scorer = policy.prefix_scorer(encoded, places)
    asked: list[Region] = []

    def score(requests: Sequence[tuple[int, Region]]) -> Sequence[Sequence[float]]:
        asked.extend(region for _, region in requests)
        return scorer(requests)

    found = run_together(searches, score)
    assert all(len(region.valid) > 1 for region in asked if region.actions)
    passed = [valid for leaves in found for leaf in leaves for valid in leaf.passed]
    assert any(len(valid) == 1 for valid in passed), "no action was forced"
    for b, leaves in zip(places, found, strict=True):
        programs = [leaf.trajectory(worlds[b]) for leaf in leaves]
        log_prob_N, _ = policy.score(encoded, programs, [b] * len(programs))
        assert [leaf.log_prob for leaf in leaves] == pytest.approx(log_prob_N.tolist(), abs=1e-4)


def test_any_policy_can_score_prefixes(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    """The scorer that needs nothing but `score` agrees with the one that keeps states."""
    encoded = policy.encode(examples[:2])

    def draws(scorer: object) -> list[list[tuple[int, ...]]]:
        searches = [
            without_replacement(GumbelTree(world, random.Random(7).random), 4)
            for world in worlds[:2]
        ]
        found = run_together(searches, scorer)  # type: ignore[arg-type]
        return [[leaf.actions for leaf in leaves] for leaves in found]

    plain = Policy.prefix_scorer(policy, encoded, range(2))
    assert draws(plain) == draws(policy.prefix_scorer(encoded, range(2)))


def test_a_whole_search_finds_a_rewarded_program_where_there_is_one(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    pairs = search(visit_of(policy, examples, worlds), WHOLE)
    improved = 0
    for pair, world in zip(pairs, worlds, strict=True):
        if world.reward(pair.opt.state) == 0.0 and pair.improved:
            improved += 1
            assert world.reward(pair.best.state) == 1.0
    assert improved > 0


def test_the_pair_is_drawn_and_all_that_was_met_is_filed(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    visit = visit_of(policy, examples, worlds, Strata(capacity_c=10**6))
    drawn = draw(Plan(enumerate_up_to=0, direct=DirectSearch(10.0, budget=300)), visit)
    fresh = [e for e, s in zip(drawn.examples, drawn.strata, strict=True) if s == Stratum.FRESH]
    direct = [e for e, s in zip(drawn.examples, drawn.strata, strict=True) if s == Stratum.DIRECT]
    assert fresh == list(range(len(examples)))
    assert direct and set(direct) < set(fresh)
    assert sum(visit.replay.sizes()) == drawn.fresh
    assert drawn.new == visit.replay.sizes()[0]


def test_explored_programs_are_searched_no_more(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    """With all explored the bounds are exact: a search goes to a known program, or ends."""
    replay = Strata(capacity_c=10**6)
    visit, blind = visit_of(policy, examples, worlds, replay), visit_of(policy, examples, worlds)
    exhausted = []
    for b, (example, world) in enumerate(zip(examples, worlds, strict=True)):
        explorer = visit.memory.explorer(example.id, world)
        for trajectory in systematic_walks(explorer, 3000, uniform(random.Random(0))):
            replay.add(example.id, trajectory)
        if explorer.exhausted:
            exhausted.append(b)
    pairs = list(zip(search(visit, WHOLE), search(blind, WHOLE), strict=True))
    assert all(known.opt.actions == unknown.opt.actions for known, unknown in pairs)
    assert len(exhausted) >= 3
    for b in exhausted:
        rewarded = {program.actions for program in replay.rewarded(examples[b].id, worlds[b])}
        assert {leaf.actions for leaf in pairs[b][0].met[1:]} <= rewarded
    steps = [(pairs[b][0].steps, pairs[b][1].steps) for b in exhausted]
    assert sum(known for known, _ in steps) < sum(unknown for _, unknown in steps)


def test_searching_programs_needs_an_epsilon_above_zero(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    with pytest.raises(ValueError, match="set epsilon above 0"):
        search(visit_of(policy, examples, worlds), DirectSearch(epsilon=-1.0))


def test_it_learns(policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]) -> None:
    """A step of DirPg through draw and loss has a gradient."""
    visit = visit_of(policy, examples, worlds)
    estimator = DirPg(epsilon=10.0, budget=300)
    drawn = draw(estimator.plan, visit)
    log_prob_N, _ = policy.score(visit.encoded, drawn.trajectories, drawn.examples)
    nothing_B = torch.full((len(examples),), -torch.inf)
    batch = ScoredBatch(
        log_prob_N,
        torch.tensor([t.reward for t in drawn.trajectories]),
        torch.tensor(drawn.examples),
        torch.tensor([int(s) for s in drawn.strata]),
        nothing_B,
        nothing_B,
        len(examples),
    )
    loss, diagnostics = estimator.loss(batch)
    loss.backward()  # type: ignore[no-untyped-call]
    assert 0 < diagnostics["improved"] < 1
    gradients = [p.grad for p in policy.parameters() if p.grad is not None]
    assert any(bool(gradient.abs().max() > 0) for gradient in gradients)
