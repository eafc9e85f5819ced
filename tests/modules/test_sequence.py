"""The recurrent policy for any world: its four ways to score agree, and it learns long walks."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from sparse_rl.datamodules.worlds import WorldsDataModule
from sparse_rl.errors import DataError
from sparse_rl.exploration.gumbel import GumbelTree, run_together, without_replacement
from sparse_rl.interpreters.world import Trajectory, WorldExample, replay_actions
from sparse_rl.modules.decoding import beam, sample
from sparse_rl.modules.sequence import SequencePolicy
from sparse_rl.modules.world_task import WorldTask


@dataclass(frozen=True)
class Spelling:
    """Rewarded where the word is spelled; the letters that are left differ from step to step."""

    word: tuple[int, ...]
    symbols = (0, 1, 2)

    def start(self) -> tuple[int, ...]:
        return ()

    def valid_actions(self, state: tuple[int, ...]) -> tuple[int, ...]:
        return self.symbols if len(state) != 1 else self.symbols[: 1 + self.word[1]]

    def step(self, state: tuple[int, ...], action: int) -> tuple[int, ...]:
        return (*state, action)

    def is_terminal(self, state: tuple[int, ...]) -> bool:
        return len(state) == len(self.word) or state[-1:] == (2,)

    def reward(self, state: tuple[int, ...]) -> float:
        return float(state == self.word)


EXAMPLES = [
    WorldExample("a", Spelling((0, 1, 1)), ("zero", "one", "one")),
    WorldExample("b", Spelling((1, 0, 0, 1))),
    WorldExample("c", Spelling((1, 1, 2)), ("one",)),
]


def everything(example: WorldExample) -> list[Trajectory]:
    world = example.world
    ends: list[Trajectory] = []
    open_ = [((), world.start())]
    while open_:
        actions, state = open_.pop()
        if world.is_terminal(state):
            ends.append(replay_actions(world, actions))
        else:
            open_ += [((*actions, a), world.step(state, a)) for a in world.valid_actions(state)]
    return ends


@pytest.fixture
def policy() -> SequencePolicy:
    torch.manual_seed(0)
    policy = WorldTask(EXAMPLES, embedding=8, hidden=8).build(WorldsDataModule(EXAMPLES))
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter.mul_(3.0)
    return policy.eval()


def test_probabilities_of_a_world_sum_to_one(policy: SequencePolicy) -> None:
    encoded = policy.encode(EXAMPLES)
    for number, example in enumerate(EXAMPLES):
        ends = everything(example)
        log_p_N, entropy_N = policy.score(encoded, ends, [number] * len(ends))
        assert float(log_p_N.exp().sum()) == pytest.approx(1.0, abs=1e-5)
        # The entropy of the walks is the expectation of the summed entropies of their steps.
        p_N = log_p_N.exp()
        assert float((p_N * entropy_N).sum()) == pytest.approx(-float((p_N * log_p_N).sum()), 1e-4)


def test_an_example_is_scored_alone_as_it_is_in_a_batch(policy: SequencePolicy) -> None:
    ends = [walk for e in EXAMPLES for walk in everything(e)[:5]]
    owners = [n for n, e in enumerate(EXAMPLES) for _ in everything(e)[:5]]
    together, _ = policy.score(policy.encode(EXAMPLES), ends, owners)
    for place, (walk, owner) in enumerate(zip(ends, owners, strict=True)):
        alone, _ = policy.score(policy.encode([EXAMPLES[owner]]), [walk], [0])
        assert float(alone[0]) == pytest.approx(float(together[place]), abs=1e-5)


def test_sampler_beam_and_search_score_as_log_prob_does(policy: SequencePolicy) -> None:
    encoded = policy.encode(EXAMPLES)
    worlds = [e.world for e in EXAMPLES]
    for number, found in enumerate(beam(policy, encoded, worlds, 4)):
        scores, _ = policy.score(encoded, [f.trajectory for f in found], [number] * len(found))
        assert [f.log_prob for f in found] == pytest.approx(scores.tolist(), abs=1e-5)
        every = everything(EXAMPLES[number])
        log_p_N, _ = policy.score(encoded, every, [number] * len(every))
        assert found[0].log_prob <= float(log_p_N.max()) + 1e-5
    tree = GumbelTree(worlds[1], np.random.default_rng(0).random)
    scorer = policy.prefix_scorer(encoded, [1])
    (leaves,) = run_together([without_replacement(tree, 5)], scorer)
    for leaf in leaves:
        score, _ = policy.score(encoded, [leaf.trajectory(worlds[1])], [1])
        assert leaf.log_prob == pytest.approx(float(score), abs=1e-5)


def test_samples_follow_the_probabilities(policy: SequencePolicy) -> None:
    draws = 4000
    encoded = policy.encode(EXAMPLES)
    generators = np.random.default_rng(0).spawn(draws)
    worlds = [e.world for e in EXAMPLES]
    counts = Counter(t.actions for t in sample(policy, encoded, worlds, [1] * draws, generators))
    for walk in everything(EXAMPLES[1]):
        p = math.exp(float(policy.score(encoded, [walk], [1])[0]))
        assert abs(counts[walk.actions] / draws - p) < 5 * math.sqrt(p / draws) + 1e-3


def test_a_restored_policy_is_the_same(policy: SequencePolicy) -> None:
    task = WorldTask(embedding=8, hidden=8)
    twin = WorldTask().restore(task.state_dict(policy)).eval()
    twin.load_state_dict(policy.state_dict())
    walks = everything(EXAMPLES[0])
    owners = [0] * len(walks)
    expected, _ = policy.score(policy.encode(EXAMPLES), walks, owners)
    found, _ = twin.score(twin.encode(EXAMPLES), walks, owners)
    assert torch.equal(found, expected)


def test_ids_are_checked() -> None:
    with pytest.raises(DataError, match="its own id: 'a'"):
        WorldsDataModule([EXAMPLES[0], EXAMPLES[0]])
    with pytest.raises(DataError, match="give worlds"):
        WorldsDataModule({})
