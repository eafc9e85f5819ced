"""Replay strata: no duplicates, stated eviction, state in plain containers."""

from __future__ import annotations

import io
import random

import pytest
import torch

from sparse_rl.errors import WorldError
from sparse_rl.interpreters.toys import TreeWorld
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.replay.strata import Strata

# Two binary decisions; 1, 1 is right.
LINE = TreeWorld.from_leaves({(0, 0): 0.0, (0, 1): 0.0, (1, 0): 0.0, (1, 1): 1.0})


def walked(*actions: int, reward: float = 0.0) -> Trajectory:
    return Trajectory(actions, ((0, 1),) * len(actions), reward)


def test_programs_are_filed_once_by_reward() -> None:
    strata = Strata()
    assert strata.add("a", walked(1, 1, reward=1.0))
    assert not strata.add("a", walked(1, 1, reward=1.0))
    assert strata.add("a", walked(0, 1))
    assert not strata.add("a", walked(0, 1))
    assert strata.sizes() == (1, 1)
    assert strata.is_rewarded("a", (1, 1)) and not strata.is_rewarded("a", (0, 1))
    assert strata.coverage(["a", "b"]) == 1


def test_known_programs_get_their_valid_sets_from_the_world() -> None:
    strata = Strata()
    strata.add_rewarded("a", [(1, 1)])
    (trajectory,) = strata.rewarded("a", LINE)
    assert trajectory == walked(1, 1, reward=1.0)
    assert strata.rewarded("a", LINE)[0] is trajectory


def test_a_known_program_that_does_not_replay_is_an_error() -> None:
    strata = Strata()
    strata.add_rewarded("a", [(2, 1)])
    with pytest.raises(WorldError, match="is none of its world: drop this"):
        strata.rewarded("a", LINE)


def test_c_is_a_uniform_sample_of_what_was_filed() -> None:
    """Each of 40 programs stays in a reservoir of 8 with probability 1/5."""
    kept = [0] * 40
    for seed in range(300):
        strata = Strata(capacity_c=8, seed=seed)
        for program in range(40):
            strata.add("a", walked(program))
        for trajectory in strata.unrewarded("a", LINE):
            kept[trajectory.actions[0]] += 1
        assert strata.sizes() == (0, 8)
    # Binomial(300, 1/5): mean 60, standard deviation 6.9.
    assert all(abs(count - 60) < 5 * 6.9 for count in kept)


def test_capacity_zero_keeps_no_c() -> None:
    strata = Strata(capacity_c=0)
    assert not strata.add("a", walked(0, 1))
    assert strata.sizes() == (0, 0)


def test_state_survives_a_checkpoint_and_goes_on_as_before() -> None:
    rng = random.Random(0)
    strata = Strata(capacity_c=3, seed=1)
    filed = [(rng.choice("abc"), walked(rng.randrange(2), rng.randrange(2))) for _ in range(30)]
    filed = [(i, Trajectory(t.actions, t.valid, float(t.actions == (1, 1)))) for i, t in filed]
    for id_, trajectory in filed[:15]:
        strata.add(id_, trajectory)
        strata.visit(id_)
    file = io.BytesIO()
    torch.save(strata.state_dict(), file)
    file.seek(0)
    restored = Strata(capacity_c=3, seed=1)
    restored.load_state_dict(torch.load(file, weights_only=True))
    for both in (strata, restored):
        for id_, trajectory in filed[15:]:
            both.add(id_, trajectory)
    for id_ in "abc":
        assert strata.visit(id_) == restored.visit(id_)
        assert strata.rewarded(id_, LINE) == restored.rewarded(id_, LINE)
        assert strata.unrewarded(id_, LINE) == restored.unrewarded(id_, LINE)


def test_an_empty_state_round_trips() -> None:
    restored = Strata()
    restored.load_state_dict(Strata().state_dict())
    assert restored.sizes() == (0, 0)


def test_valid_sets_are_kept_for_the_examples_used_last() -> None:
    """Room for two programs: those of the example that was not used for longest go."""
    strata = Strata(unpacked=2)
    for id_ in "abc":
        strata.add_rewarded(id_, [(1, 1)])
    first = {id_: strata.rewarded(id_, LINE)[0] for id_ in "abc"}
    assert first["c"] is strata.rewarded("c", LINE)[0]
    assert first["b"] is strata.rewarded("b", LINE)[0]
    again = strata.rewarded("a", LINE)[0]
    assert again is not first["a"] and again == first["a"]
    # "c" was not used for longest.
    assert first["b"] is strata.rewarded("b", LINE)[0]
    assert first["c"] is not strata.rewarded("c", LINE)[0]


def test_filing_takes_the_room_of_other_examples() -> None:
    strata = Strata(unpacked=3)
    kept = {id_: walked(0, 0) for id_ in "ab"}
    for id_, trajectory in kept.items():
        strata.add(id_, trajectory)
    strata.add("b", walked(0, 1))
    assert strata.unrewarded("a", LINE)[0] is kept["a"]
    strata.add("b", walked(1, 0))
    assert strata.unrewarded("b", LINE)[0] is kept["b"]
    assert strata.unrewarded("a", LINE)[0] is not kept["a"]
