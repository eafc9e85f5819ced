"""Programs that begin alike are scored as tries: nothing but the work may depend on it."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sparse_rl.exploration.explored import ExactExplored
from sparse_rl.exploration.systematic import SystematicExplorer, systematic_walks
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.tries import tries


def programs_of(world: TableWorld, number: int) -> list[Trajectory]:
    explorer = SystematicExplorer("x", world, ExactExplored())
    return list(systematic_walks(explorer, number, lambda state, allowed: allowed[0]))


def test_scores_and_gradients_are_those_of_each_program_alone(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    pairs = [(p, b) for b in (4, 1, 7) for p in programs_of(worlds[b], 60)[::4]]
    random.Random(0).shuffle(pairs)
    weight_N = torch.randn(len(pairs), generator=torch.Generator().manual_seed(0))

    def gradients(batches: list[list[int]]) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        policy.zero_grad()
        encoded = policy.encode(examples)
        parts = [policy.score(encoded, *zip(*(pairs[n] for n in b), strict=True)) for b in batches]  # type: ignore[arg-type]
        scores = [torch.cat(part) for part in zip(*parts, strict=True)]
        ((scores[0] + scores[1]) * weight_N).sum().backward()
        found = {name: p.grad for name, p in policy.named_parameters() if p.grad is not None}
        assert {"decoder.again", "decoder.second.weight_hh_l0", "encoder.language"} <= set(found)
        return scores, list(found.values())

    every = range(len(pairs))
    together, alone = gradients([list(every)]), gradients([[n] for n in every])
    torch.testing.assert_close(together[0], alone[0], atol=1e-5, rtol=0)
    for got, wanted in zip(together[1], alone[1], strict=True):
        torch.testing.assert_close(got, wanted, atol=1e-5 * float(wanted.abs().max() + 1), rtol=0)


def test_dropout_leaves_a_distribution_over_programs(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    """What programs have in common is dropped in all of them alike."""
    for module in policy.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.4
    policy.train()
    totals, first = [], []
    for index in range(3):
        programs = programs_of(worlds[index], 10**6)
        log_p, _ = policy.score(policy.encode(examples), programs, [index] * len(programs))
        totals.append(float(log_p.detach().exp().sum()))
        again, _ = policy.score(policy.encode(examples), programs, [index] * len(programs))
        first.append(float((again - log_p).detach().abs().max()))
    assert totals == pytest.approx([1.0] * 3, abs=1e-5)
    assert min(first) > 1e-2


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 2), st.lists(st.integers(0, 2), max_size=4)), min_size=1))
def test_nodes_are_the_distinct_prefixes(sequences: list[tuple[int, list[int]]]) -> None:
    """With an end at every sequence, as programs have one."""
    group_N = np.unique([group for group, _ in sequences], return_inverse=True)[1]
    rows = [(*actions, 3) for _, actions in sequences]
    action_NT = np.full((len(rows), max(map(len, rows))), -1)
    for row, actions in zip(action_NT, rows, strict=True):
        row[: len(actions)] = actions
    kept_NT = (action_NT >= 0) & (action_NT != 3)
    kept_NT[:, 0] = True
    found = tries(action_NT, group_N, kept_NT)
    prefixes = [
        (int(group_N[n]), *action_NT[n, :t]) for n, t in zip(found.row_P, found.step_P, strict=True)
    ]
    expected = {
        (int(group_N[n]), *action_NT[n, :t]) for n, t in zip(*kept_NT.nonzero(), strict=True)
    }
    assert len(prefixes) == len(expected) and set(prefixes) == expected
    for n, t in zip(*kept_NT.nonzero(), strict=True):
        assert prefixes[found.node_NT[n, t]] == (group_N[n], *action_NT[n, :t])
    starts = np.cumsum([0, *found.sizes_T])
    for node, (prefix, above) in enumerate(zip(prefixes, found.above_P, strict=True)):
        level = len(prefix) - 1
        assert starts[level] <= node < starts[level + 1]
        above_it = prefixes[starts[level - 1] + above] if level else (above,)
        assert above_it == (prefix[:-1] if level else prefix)
