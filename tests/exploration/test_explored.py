"""Explored sets: exact and Bloom agree, are saved, and say when they are full."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.exploration.explored import (
    BloomExplored,
    ExactExplored,
    Explored,
    ExploredFullError,
    prefix_key,
)
from sparse_rl.exploration.systematic import SystematicExplorer, explore, uniform
from sparse_rl.interpreters.tables.table_world import TableWorld

MakeWorld = Callable[..., TableWorld]
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
MAKERS: list[Callable[[], Explored]] = [ExactExplored, lambda: BloomExplored(1000)]
each_kind = pytest.mark.parametrize("make", MAKERS, ids=["exact", "bloom"])


@given(st.lists(keys, max_size=60), st.lists(keys, max_size=20))
def test_kinds_agree(added: list[str], asked: list[str]) -> None:
    exact, bloom = ExactExplored(), BloomExplored(100)
    for key in added:
        assert exact.add(key) == bloom.add(key)
    assert all(key in exact and key in bloom for key in added)
    assert [key in exact for key in asked] == [key in bloom for key in asked]
    assert len(exact) == len(bloom) == len(set(added))


@given(seed=st.integers(0, 10_000))
def test_kinds_agree_on_walks(seed: int, make_world: MakeWorld) -> None:
    """The same draws lead to the same programs and to sets that answer alike."""
    world = make_world(seed)
    sets: list[Explored] = [ExactExplored(), BloomExplored(5000)]
    walks = []
    for explored in sets:
        explorer = SystematicExplorer("q", world, explored)
        draws = uniform(random.Random(seed))
        walks.append([t.actions for t in explore(explorer, 20, draws)])
    assert walks[0] == walks[1]
    prefixes = {prefix_key("q", actions[:i]) for actions in walks[0] for i in range(len(actions))}
    assert [k in sets[0] for k in prefixes] == [k in sets[1] for k in prefixes]


def test_keys_of_examples_and_prefixes_differ() -> None:
    parts = [("a", ()), ("a", (1,)), ("a", (1, 2)), ("a", (12,)), ("b", (1,)), ("a1", ())]
    assert len({prefix_key(name, actions) for name, actions in parts}) == len(parts)


def test_a_full_bloom_filter_says_so() -> None:
    bloom = BloomExplored(3)
    for key in "abc":
        bloom.add(key)
    with pytest.raises(ExploredFullError, match=r"raise the capacity.*its 3 prefixes are used up"):
        bloom.add("d")
    assert len(bloom) == 3 and "a" in bloom


def test_exploration_stops_at_a_full_bloom_filter(make_world: MakeWorld) -> None:
    explorer = SystematicExplorer("q", make_world(3), BloomExplored(2))
    with pytest.raises(ExploredFullError, match="raise the capacity"):
        list(explore(explorer, 10_000, uniform(random.Random(0))))


@each_kind
def test_merging_is_union(make: Callable[[], Explored]) -> None:
    one, other = make(), make()
    for key in ("a", "b"):
        one.add(key)
    other.add("c")
    one.merge(other)
    assert all(key in one for key in "abc") and "d" not in one
    assert len(one) == 3
    assert "a" not in other and len(other) == 1


def test_only_equal_bloom_filters_merge() -> None:
    for other in (BloomExplored(20), BloomExplored(10, 1e-4)):
        with pytest.raises(ValueError, match="equal capacity and error rate"):
            BloomExplored(10).merge(other)


def test_merging_counts_towards_the_capacity() -> None:
    one, other = BloomExplored(4), BloomExplored(4)
    for key in "abc":
        one.add(key)
        other.add(key.upper())
    one.merge(other)
    with pytest.raises(ExploredFullError):
        one.add("d")


@each_kind
def test_state_survives_a_checkpoint(make: Callable[[], Explored], tmp_path: Path) -> None:
    explored, loaded = make(), make()
    names = [prefix_key("quéstion-1", range(i)) for i in range(50)]
    for key in names:
        explored.add(key)
    torch.save(explored.state_dict(), tmp_path / "explored.pt")
    loaded.add("what was there before is replaced")
    loaded.load_state_dict(torch.load(tmp_path / "explored.pt", weights_only=True))
    assert all(key in loaded for key in names)
    assert len(loaded) == 50
    assert "what was there before is replaced" not in loaded
    assert loaded.add("new") is False and loaded.add("new") is True
    assert "new" not in explored, "the saved set is not shared"


def test_a_bloom_filter_is_restored_with_its_size() -> None:
    small = BloomExplored(2, 1e-3)
    small.add("a")
    loaded = BloomExplored(1000)
    loaded.load_state_dict(small.state_dict())
    loaded.add("b")
    with pytest.raises(ExploredFullError):
        loaded.add("c")
