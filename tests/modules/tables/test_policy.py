"""The four ways to look at the policy's probabilities agree (policy.md, Decoding)."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from torch import Tensor, nn

from sparse_rl.exploration.explored import ExactExplored
from sparse_rl.exploration.systematic import SystematicExplorer, systematic_walks
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.decoding import beam, sample
from sparse_rl.modules.tables.packing import pack
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.recurrent import GROUP, run_lstm


def all_programs(world: TableWorld) -> list[Trajectory]:
    """Every program of a world, by exhausting it."""
    explorer = SystematicExplorer("x", world, ExactExplored())
    return list(systematic_walks(explorer, 10**6, lambda state, allowed: allowed[0]))


def log_prob(
    policy: TablePolicy, examples: list[Example], trajectories: list[Trajectory], owners: list[int]
) -> Tensor:
    encoded = policy.encode(examples)
    return policy.log_prob(encoded, pack(trajectories, owners, encoded.slot_map))[0]


@pytest.fixture
def smallest(worlds: list[TableWorld]) -> int:
    """The example with the fewest programs (but several)."""
    sizes = [len(all_programs(world)) for world in worlds]
    return min((size, index) for index, size in enumerate(sizes) if size > 5)[1]


def test_probabilities_of_all_programs_sum_to_one(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    for example, world in zip(examples[:5], worlds, strict=False):
        programs = all_programs(world)
        total = log_prob(policy, [example], programs, [0] * len(programs)).exp().sum()
        assert float(total) == pytest.approx(1.0, abs=1e-5)


def test_beam_scores_equal_log_prob(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    found = beam(policy, policy.encode(examples), worlds, width=5)
    flat = [(index, f) for index, programs in enumerate(found) for f in programs]
    scores = torch.tensor([f.log_prob for _, f in flat])
    expected = log_prob(policy, examples, [f.trajectory for _, f in flat], [i for i, _ in flat])
    torch.testing.assert_close(scores, expected, atol=1e-5, rtol=0)
    for programs in found:
        assert len({f.trajectory.actions for f in programs}) == len(programs)
        assert [f.log_prob for f in programs] == sorted(
            (f.log_prob for f in programs), reverse=True
        )


def test_a_wide_beam_finds_every_program(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld], smallest: int
) -> None:
    programs = all_programs(worlds[smallest])
    encoded = policy.encode([examples[smallest]])
    found = beam(policy, encoded, [worlds[smallest]], width=len(programs) + 3)[0]
    assert {f.trajectory for f in found} == set(programs)
    assert sum(np.exp(f.log_prob) for f in found) == pytest.approx(1.0, abs=1e-4)


def test_greedy_takes_the_most_probable_action_everywhere(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    greedy = beam(policy, policy.encode(examples), worlds, width=1)
    for index in range(3):
        (found,), programs = greedy[index], all_programs(worlds[index])
        p = log_prob(policy, examples, programs, [index] * len(programs)).exp().tolist()
        for step in range(len(found.trajectory.actions)):
            taken = found.trajectory.actions[: step + 1]
            mass: Counter[tuple[int, ...]] = Counter()
            for trajectory, probability in zip(programs, p, strict=True):
                mass[trajectory.actions[: step + 1]] += probability
            rivals = [m for prefix, m in mass.items() if prefix[:step] == taken[:step]]
            assert mass[taken] == pytest.approx(max(rivals), rel=1e-4)


def test_samples_follow_the_policy(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld], smallest: int
) -> None:
    programs = all_programs(worlds[smallest])
    p = log_prob(policy, [examples[smallest]], programs, [0] * len(programs)).exp().double()
    draws = 4000
    generators = np.random.default_rng(0).spawn(draws)
    encoded = policy.encode([examples[smallest]])
    drawn = Counter(
        t.actions for t in sample(policy, encoded, [worlds[smallest]], [0] * draws, generators)
    )
    expected = (p / p.sum() * draws).detach().numpy()
    observed = np.array([drawn[t.actions] for t in programs], float)
    rare = expected < 5
    groups = [(observed[~rare], expected[~rare]), (observed[rare].sum(), expected[rare].sum())]
    o, e = (np.append(groups[0][k], groups[1][k]) for k in (0, 1))
    keep = e > 0
    assert chisquare(o[keep], e[keep] * o[keep].sum() / e[keep].sum()).pvalue > 1e-3


def test_a_batch_changes_nothing(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    programs = [all_programs(world)[0] for world in worlds]
    together = log_prob(policy, examples, programs, list(range(len(examples))))
    for index, example in enumerate(examples):
        alone = log_prob(policy, [example], [programs[index]], [0])
        torch.testing.assert_close(alone[0], together[index], atol=1e-5, rtol=0)


def test_entropy_is_that_of_the_step_distributions(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld], smallest: int
) -> None:
    """The chain rule: E[sum of step entropies] is the entropy of the program distribution."""
    programs = all_programs(worlds[smallest])
    encoded = policy.encode([examples[smallest]])
    packed = pack(programs, [0] * len(programs), encoded.slot_map)
    log_p, entropy = (scores.detach() for scores in policy.log_prob(encoded, packed))
    assert float((log_p.exp() * entropy).sum()) == pytest.approx(
        float(-(log_p.exp() * log_p).sum()), abs=1e-4
    )


def test_invalid_actions_get_no_gradient(
    policy: TablePolicy, examples: list[Example], worlds: list[TableWorld]
) -> None:
    """A forced program has probability one whatever the weights are."""
    program = all_programs(worlds[0])[0]
    forced = Trajectory(program.actions, tuple((a,) for a in program.actions), 1.0)
    log_p = log_prob(policy, examples[:1], [forced], [0])
    log_p.sum().backward()
    assert float(log_p.detach()) == 0.0
    assert all(p.grad is None or float(p.grad.abs().max()) == 0 for p in policy.parameters())


def test_run_lstm_stays_on_the_device_of_its_input() -> None:
    """Lengths are on the CPU also where the accelerator is no CUDA device."""
    lstm = nn.LSTM(4, 3, batch_first=True, bidirectional=True, device="meta")
    output_NTH = run_lstm(
        lstm, torch.zeros(6, 5, 4, device="meta"), torch.tensor([3, 5, 1, 3, 2, 5])
    )
    assert output_NTH.device.type == "meta" and output_NTH.shape == (6, 5, 6)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_run_lstm_equals_a_packed_sequence(bidirectional: bool) -> None:
    torch.manual_seed(0)
    lstm = nn.LSTM(4, 3, batch_first=True, bidirectional=bidirectional)
    length_N = torch.randint(1, 6, (2 * GROUP + 3,))
    x_NTH = torch.randn(len(length_N), 5, 4)
    packed = nn.utils.rnn.pack_padded_sequence(
        x_NTH, length_N, batch_first=True, enforce_sorted=False
    )
    expected, _ = nn.utils.rnn.pad_packed_sequence(
        lstm(packed)[0], batch_first=True, total_length=5
    )
    torch.testing.assert_close(run_lstm(lstm, x_NTH, length_N), expected)
