"""What a step draws: B whole or its best, C by the policy, fresh programs outside B."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch

from sparse_rl.estimators import Plan, Stratum
from sparse_rl.exploration.explored import BloomExplored, ExactExplored, Explored
from sparse_rl.exploration.systematic import SystematicExplorer, systematic_walks
from sparse_rl.exploration.tables.exhaustive import exhaustive_programs
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.drawing import Drawn, draw
from sparse_rl.modules.tables.packing import pack
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.visit import Visit, keyed_generator
from sparse_rl.replay.memory import Memory
from sparse_rl.replay.strata import Strata


def visit_of(
    policy: TablePolicy,
    examples: list[Example],
    worlds: list[TableWorld],
    replay: Strata,
    visit: int = 0,
    explored: Explored | None = None,
) -> Visit:
    ids = [example.id for example in examples]
    visits = [visit] * len(ids)
    explored = ExactExplored() if explored is None else explored
    return Visit(policy, policy.encode(examples), ids, worlds, Memory(replay, explored), visits, 0)


def scores(visit: Visit, trajectories: list[Trajectory], example: int) -> torch.Tensor:
    packed = pack(trajectories, [example] * len(trajectories), visit.encoded.slot_map)
    return visit.policy.log_prob(visit.encoded, packed)[0].detach()


def of(drawn: Drawn, example: int, stratum: Stratum) -> list[Trajectory]:
    triples = zip(drawn.trajectories, drawn.examples, drawn.strata, strict=True)
    return [t for t, e, s in triples if e == example and s == stratum]


@pytest.fixture
def full(examples: list[Example], worlds: list[TableWorld]) -> Strata:
    """All rewarded programs, and up to 8 others, of every example."""
    replay = Strata(capacity_c=8)
    for example, world in zip(examples, worlds, strict=True):
        replay.add_rewarded(example.id, exhaustive_programs(world))
        explorer = SystematicExplorer(example.id, world, ExactExplored())
        for trajectory in systematic_walks(explorer, 50, lambda state, allowed: allowed[-1]):
            replay.add(example.id, trajectory)
    return replay


def test_b_is_enumerated_or_its_most_probable(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld], full: Strata
) -> None:
    visit = visit_of(policy, examples, worlds, full)
    drawn = draw(Plan(enumerate_up_to=2), visit)
    large = 0
    for index, (example, world) in enumerate(zip(examples, worlds, strict=True)):
        every = full.rewarded(example.id, world)
        got = of(drawn, index, Stratum.B)
        if len(every) <= 2:
            assert got == every and index not in drawn.log_mass_b
            continue
        large += 1
        log_p = scores(visit, every, index)
        assert {t.actions for t in got} == {every[k].actions for k in log_p.topk(2).indices}
        assert drawn.log_mass_b[index] == pytest.approx(float(log_p.logsumexp(0)), abs=1e-5)
    assert large > 0
    assert set(drawn.strata) == {Stratum.B}


def test_c_is_drawn_by_the_policy_restricted_to_it(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld], full: Strata
) -> None:
    counts: Counter[tuple[int, ...]] = Counter()
    for number in range(60):
        visit = visit_of(policy, examples[:1], worlds[:1], full, visit=number)
        drawn = draw(Plan(replay_c=20), visit)
        counts.update(t.actions for t in of(drawn, 0, Stratum.C))
    c = full.unrewarded(examples[0].id, worlds[0])
    log_p = scores(visit, c, 0)
    assert drawn.log_mass_c[0] == pytest.approx(float(log_p.logsumexp(0)), abs=1e-5)
    for trajectory, p in zip(c, log_p.softmax(0).tolist(), strict=True):
        deviation = (1200 * p * (1 - p)) ** 0.5
        assert abs(counts[trajectory.actions] - 1200 * p) < 4.5 * deviation + 1


def test_fresh_programs_are_outside_b_and_filed(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    replay = Strata(capacity_c=1000)
    first = draw(Plan(fresh=6), visit_of(policy, examples, worlds, replay))
    assert first.fresh == 6 * len(examples) == len(first.trajectories)
    assert set(first.strata) == {Stratum.FRESH}
    rewarded = {t.actions for t in first.trajectories if t.reward > 0}
    assert first.new == replay.sizes()[0] > 0
    # The same draws again: what is in B by now is rejected, and B itself is drawn.
    again = draw(Plan(fresh=6), visit_of(policy, examples, worlds, replay))
    assert again.new == 0
    fresh = [t for i in range(len(examples)) for t in of(again, i, Stratum.FRESH)]
    assert not rewarded & {t.actions for t in fresh if t.reward > 0}
    assert len(fresh) == sum(t.reward == 0 for t in first.trajectories)


def test_a_plan_may_keep_the_fresh_programs_that_are_in_b(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld], full: Strata
) -> None:
    """On-policy: the draws are the policy's own, and B is scored for its mass alone."""
    plan = Plan(enumerate_up_to=0, fresh=6, reject_known=False)
    drawn = draw(plan, visit_of(policy, examples, worlds, full))
    nothing_known = draw(Plan(fresh=6), visit_of(policy, examples, worlds, Strata()))
    assert set(drawn.strata) == {Stratum.FRESH}
    assert len(drawn.trajectories) == drawn.fresh == 6 * len(examples)
    assert drawn.trajectories == nothing_known.trajectories
    assert any(t.reward > 0 for t in drawn.trajectories) and drawn.new == 0
    visit = visit_of(policy, examples, worlds, full)
    for index, (example, world) in enumerate(zip(examples, worlds, strict=True)):
        mass = float(scores(visit, full.rewarded(example.id, world), index).logsumexp(0))
        assert drawn.log_mass_b[index] == pytest.approx(mass, abs=1e-5)


def test_draws_depend_on_example_and_visit_alone(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    def drawn(order: list[int], visit: int) -> dict[str, list[tuple[int, ...]]]:
        result = draw(
            Plan(fresh=3),
            visit_of(
                policy, [examples[i] for i in order], [worlds[i] for i in order], Strata(), visit
            ),
        )
        return {
            examples[i].id: [t.actions for t in of(result, place, Stratum.FRESH)]
            for place, i in enumerate(order)
        }

    together, split = drawn([0, 1, 2, 3], 5), {**drawn([3, 1], 5), **drawn([2, 0], 5)}
    assert together == split
    assert together != drawn([0, 1, 2, 3], 6)


def test_walks_repeat_neither_fresh_draws_nor_the_programs_of_b(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    replay = Strata(capacity_c=10**6)
    known = exhaustive_programs(worlds[0])[:2]
    replay.add_rewarded(examples[0].id, known)
    explored, plan = ExactExplored(), Plan(enumerate_up_to=0, fresh=3)
    walked: list[tuple[int, ...]] = []
    drawn = set(known)
    for number in range(12):
        before = set(replay.programs()[examples[0].id])
        before |= {t.actions for t in replay.unrewarded(examples[0].id, worlds[0])}
        visit = visit_of(policy, examples[:1], worlds[:1], replay, number, explored)
        step = draw(plan, visit, walks=1)
        drawn |= {t.actions for t in step.trajectories}
        after = set(replay.programs()[examples[0].id])
        after |= {t.actions for t in replay.unrewarded(examples[0].id, worlds[0])}
        # A walk ends in a program that is new, or was drawn in the same step only.
        assert step.walks == 1 and len(after) > len(before)
        walked += after - before - drawn
    assert len(walked) == len(set(walked)) > 0


def test_draws_and_walks_share_one_decoding(
    policy: TablePolicy,
    examples: list[Example],
    worlds: list[TableWorld],
    full: Strata,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: Counter[str] = Counter()
    for name in ("stepper", "score"):
        own = getattr(TablePolicy, name)

        def counted(self: TablePolicy, *args: Any, name: str = name, own: Any = own) -> Any:
            calls[name] += 1
            return own(self, *args)

        monkeypatch.setattr(TablePolicy, name, counted)
    visit = visit_of(policy, examples, worlds, full)
    drawn = draw(Plan(enumerate_up_to=1, replay_c=2, fresh=2), visit, walks=1)
    assert set(drawn.strata) >= {Stratum.B, Stratum.C} and drawn.walks == len(examples)
    assert drawn.log_mass_b and drawn.log_mass_c
    assert calls == {"stepper": 1, "score": 1}


def test_keyed_generators_differ_with_every_part_of_the_key() -> None:
    keys = [(0, "a", 0, 0), (1, "a", 0, 0), (0, "b", 0, 0), (0, "a", 1, 0), (0, "a", 0, 1)]
    rows = {tuple(keyed_generator(*key).random(8)) for key in keys}
    assert len(rows) == len(keys)
    assert tuple(keyed_generator(*keys[0]).random(8)) in rows


@pytest.mark.parametrize("explored", [ExactExplored(), BloomExplored(100_000)])
def test_exploration_by_the_policy_exhausts_a_world_without_repeats(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld], explored: Explored
) -> None:
    replay = Strata(capacity_c=10**6)
    sizes = [
        sum(
            1
            for _ in systematic_walks(
                SystematicExplorer("x", w, ExactExplored()), 10**6, lambda s, a: a[0]
            )
        )
        for w in worlds
    ]
    pair = sorted(range(len(worlds)), key=sizes.__getitem__)[:2]
    walks = 0
    for number in range(10**6):
        visit = visit_of(
            policy, [examples[i] for i in pair], [worlds[i] for i in pair], replay, number, explored
        )
        done = draw(Plan(enumerate_up_to=0), visit, walks=1).walks
        if not done:
            break
        walks += done
    assert walks == sum(sizes[i] for i in pair) == sum(replay.sizes())
    for i in pair:
        found = {t.actions for t in replay.rewarded(examples[i].id, worlds[i])}
        assert found == set(exhaustive_programs(worlds[i], 10**6))
