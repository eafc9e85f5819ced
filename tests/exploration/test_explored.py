"""Explored sets: all kinds agree, are saved, and say when they are full."""

from __future__ import annotations

import importlib.util
import os
import random
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.errors import SparseRLError
from sparse_rl.exploration import key_log
from sparse_rl.exploration.explored import (
    BloomExplored,
    ExactExplored,
    ExploredFullError,
    everything,
    prefix_key,
)
from sparse_rl.exploration.explored_sets import ExploredKind, explored_set
from sparse_rl.exploration.rbloom_explored import RBloomExplored
from sparse_rl.exploration.systematic import SystematicExplorer, systematic_walks, uniform
from sparse_rl.interpreters.tables.table_world import TableWorld

MakeWorld = Callable[..., TableWorld]
Filter = Callable[..., Any]
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
HAS_RBLOOM = importlib.util.find_spec("rbloom") is not None
KINDS: list[ExploredKind] = [k for k in get_args(ExploredKind) if k != "rbloom" or HAS_RBLOOM]
FILTERS = [BloomExplored, *([RBloomExplored] if HAS_RBLOOM else [])]
needs_rbloom = pytest.mark.skipif(not HAS_RBLOOM, reason="the extra rbloom is not installed")
each_kind = pytest.mark.parametrize("kind", KINDS)
each_filter = pytest.mark.parametrize("filter_", FILTERS)


@given(st.lists(keys, max_size=60), st.lists(keys, max_size=20))
def test_kinds_agree(added: list[str], asked: list[str]) -> None:
    exact, *filters = sets = [explored_set(kind, 100) for kind in KINDS]
    for key in added:
        assert len({explored.add(key) for explored in sets}) == 1
    for explored in sets:
        assert all(key in explored for key in added)
        assert len(explored) == len(set(added))
    for filter_ in filters:
        assert [key in exact for key in asked] == [key in filter_ for key in asked]


@given(seed=st.integers(0, 10_000))
def test_kinds_agree_on_walks(seed: int, make_world: MakeWorld) -> None:
    """The same draws lead to the same programs and to sets that answer alike."""
    world = make_world(seed)
    sets = [explored_set(kind, 5000) for kind in KINDS]
    walks = []
    for explored in sets:
        explorer = SystematicExplorer("q", world, explored)
        draws = uniform(random.Random(seed))
        walks.append([t.actions for t in systematic_walks(explorer, 20, draws)])
    assert all(found == walks[0] for found in walks)
    prefixes = {prefix_key("q", actions[:i]) for actions in walks[0] for i in range(len(actions))}
    for explored in sets[1:]:
        assert [k in sets[0] for k in prefixes] == [k in explored for k in prefixes]


def test_keys_of_examples_and_prefixes_differ() -> None:
    parts = [("a", ()), ("a", (1,)), ("a", (1, 2)), ("a", (12,)), ("b", (1,)), ("a1", ())]
    assert len({prefix_key(name, actions) for name, actions in parts}) == len(parts)


@each_filter
def test_a_full_filter_says_so(filter_: Filter) -> None:
    bloom = filter_(3)
    for key in "abc":
        bloom.add(key)
    with pytest.raises(ExploredFullError, match=r"raise the capacity.*its 3 prefixes are used up"):
        bloom.add("d")
    assert len(bloom) == 3 and "a" in bloom


@each_filter
def test_exploration_stops_at_a_full_filter(filter_: Filter, make_world: MakeWorld) -> None:
    explorer = SystematicExplorer("q", make_world(3), filter_(2))
    with pytest.raises(ExploredFullError, match="raise the capacity"):
        list(systematic_walks(explorer, 10_000, uniform(random.Random(0))))


@each_kind
def test_merging_is_union(kind: ExploredKind) -> None:
    one, other = explored_set(kind, 1000), explored_set(kind, 1000)
    for key in ("a", "b"):
        one.add(key)
    other.add("c")
    one.merge(other)
    assert all(key in one for key in "abc") and "d" not in one
    assert len(one) == 3
    assert "a" not in other and len(other) == 1


@each_filter
def test_only_equal_filters_merge(filter_: Filter) -> None:
    for other in (filter_(20), filter_(10, 1e-4)):
        with pytest.raises(ValueError, match="equal capacity and error rate"):
            filter_(10).merge(other)


@each_filter
def test_merging_counts_towards_the_capacity(filter_: Filter) -> None:
    one, other = filter_(4), filter_(4)
    for key in "abc":
        one.add(key)
        other.add(key.upper())
    one.merge(other)
    with pytest.raises(ExploredFullError):
        one.add("d")


@each_kind
def test_state_survives_a_checkpoint(kind: ExploredKind, tmp_path: Path) -> None:
    explored, loaded = explored_set(kind, 1000), explored_set(kind, 1000)
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


@each_kind
def test_a_snapshot_is_the_state_of_its_moment(kind: ExploredKind) -> None:
    explored, loaded = explored_set(kind, 1000), explored_set(kind, 1000)
    explored.add("a")
    snapshot = explored.snapshot()
    explored.add("b")
    loaded.load_state_dict(snapshot(), everything)
    assert "a" in loaded and "b" not in loaded and len(loaded) == 1


def test_an_exact_set_keeps_its_keys_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids and actions are any characters, surrogates too; so is the number of keys."""
    monkeypatch.setattr(key_log, "CHUNK", 3)
    keys = [prefix_key(f"é{n % 4}\n", [n, 55_296 + n, 0x10FFFF]) for n in range(11)]
    for count in range(12):
        explored = ExactExplored()
        for key in keys[:count] * 2:
            explored.add(key)
        for _ in range(2):
            state = explored.state_dict()
            assert list(key_log.logged_keys(state["text"], state["lengths"])) == keys[:count]
            explored.load_state_dict(state)


def test_an_exact_set_of_an_earlier_version_is_read() -> None:
    explored = ExactExplored()
    explored.load_state_dict({"keys": ["a\0b", "c\0"]}, lambda id_: id_ == "a")
    assert "a\0b" in explored and len(explored) == 1


@pytest.mark.parametrize("lengths", [[1], [2, -1, 1], [3]])
def test_a_damaged_exact_set_is_refused(lengths: list[int]) -> None:
    state = {"text": torch.tensor(list(b"ab"), dtype=torch.uint8), "lengths": torch.tensor(lengths)}
    with pytest.raises(ValueError, match="other lengths than their text"):
        ExactExplored().load_state_dict(state)


@each_filter
def test_a_filter_is_restored_with_its_size(filter_: Filter) -> None:
    small = filter_(2, 1e-3)
    small.add("a")
    loaded = filter_(1000)
    loaded.load_state_dict(small.state_dict())
    loaded.add("b")
    with pytest.raises(ExploredFullError):
        loaded.add("c")


@each_filter
def test_filters_of_processes_are_put_together(filter_: Filter) -> None:
    """What all have loaded counts once."""
    parts = [filter_(100), filter_(100)]
    for round_ in range(3):
        for number in range(10):
            parts[number % 2].add(f"{round_} {number}")
        union = filter_.union([part.state_dict() for part in parts])  # type: ignore[attr-defined]
        assert union["count"] == 10 * (round_ + 1)
        for part in parts:
            part.load_state_dict(union)
            assert len(part) == part.inherited == 10 * (round_ + 1)
            assert all(f"{round_} {number}" in part for number in range(10))


@each_kind
def test_a_set_of_another_kind_is_refused(kind: ExploredKind) -> None:
    for other in KINDS:
        if other != kind:
            with pytest.raises(SparseRLError, match="set the option explored as the checkpoint"):
                explored_set(other, 10).load_state_dict(
                    explored_set(kind, 10).state_dict(), everything
                )


@pytest.mark.slow(ci=True)
def test_state_is_read_by_another_process(tmp_path: Path) -> None:
    """Python's own hash of a text is another one in every process."""
    path = tmp_path / "explored.pt"
    script = (
        "import torch; from sparse_rl.exploration.explored_sets import explored_set;"
        f"sets = {{kind: explored_set(kind, 1000) for kind in {KINDS}}};"
        "[explored.add(f'q{n}') for n in range(100) for explored in sets.values()];"
        f"torch.save({{k: e.state_dict() for k, e in sets.items()}}, {str(path)!r})"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)
    for kind, state in torch.load(path, weights_only=True).items():
        loaded = explored_set(kind, 1)
        loaded.load_state_dict(state, everything)
        assert all(f"q{n}" in loaded for n in range(100)) and "q100" not in loaded


@each_filter
def test_state_is_the_same_in_every_process(filter_: Filter) -> None:
    """The sum of the bits of one key, from another process with another hash of texts."""
    explored = filter_(10)
    explored.add("q0")
    state = explored.state_dict()
    sums = {"bits": 315761639, "rbloom": 456771762}
    (name,) = sums.keys() & state.keys()
    assert zlib.crc32(state[name].numpy().tobytes()) == sums[name]


def test_without_the_extra_rbloom_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rbloom", None)
    with pytest.raises(
        SparseRLError, match=r"^pip install 'sparse_rl\[rbloom\]', or choose [^\n]*$"
    ):
        explored_set("rbloom", 10)


@each_kind
def test_keys_with_half_a_surrogate_pair_are_no_error(kind: ExploredKind) -> None:
    """An action's id may be any character: a table of 33,000 columns of numbers has 66,000."""
    explored = explored_set(kind, 10)
    explored.add(prefix_key("q", (0xD800,)))
    assert prefix_key("q", (0xD800,)) in explored and prefix_key("q", (0xD801,)) not in explored


@pytest.mark.parametrize("kind", ["bloom", pytest.param("rbloom", marks=needs_rbloom)])
def test_the_error_rate_of_a_filter_grows_with_its_fill(kind: ExploredKind) -> None:
    """At an error rate of 1 % when full, the look-ups of other keys err as often as it says."""
    filter_ = {"bloom": BloomExplored, "rbloom": RBloomExplored}[kind](4000, 0.01)
    rates = [filter_.error_rate]
    for number in range(4000):
        filter_.add(f"in {number}")
        if number + 1 in (1000, 4000):
            rates.append(filter_.error_rate)
    assert filter_.capacity == 4000 and ExactExplored().capacity is None
    assert rates[0] == ExactExplored().error_rate == 0.0 < rates[1] < rates[2]
    seen = sum(f"out {number}" in filter_ for number in range(20_000)) / 20_000
    assert seen == pytest.approx(rates[2], rel=0.35)
    assert rates[2] == pytest.approx(0.01, rel=0.35)
