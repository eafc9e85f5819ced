"""Packed programs are what flattening all of them would give, at the moment of the snapshot."""

from __future__ import annotations

import random
from itertools import chain
from typing import Any

import torch

from sparse_rl.interpreters.world import Actions, Trajectory
from sparse_rl.replay.packed import NOTHING, cut, flat_tensors, unpack
from sparse_rl.replay.strata import Strata

SOME: list[list[Actions]] = [[(1, 2), ()], [], [(7,)], [], [(3,), (0, 0, 2**31 - 1)]]


def plain(strata: Strata) -> dict[str, Any]:
    """The state by the definition of its columns."""
    entries = strata._entries
    state: dict[str, Any] = {
        "ids": list(entries),
        "visits": [e.visits for e in entries.values()],
        "seen": [e.seen_unrewarded for e in entries.values()],
    }
    for name in ("rewarded", "unrewarded"):
        programs = [list(getattr(e, name)) for e in entries.values()]
        flat = list(chain.from_iterable(programs))
        tokens, lengths = list(chain.from_iterable(flat)), list(map(len, flat))
        state[name] = {"tokens": tokens, "lengths": lengths, "counts": list(map(len, programs))}
    return state


def lists(state: Any) -> Any:
    if isinstance(state, torch.Tensor):
        return state.tolist()
    return {k: lists(v) for k, v in state.items()} if isinstance(state, dict) else state


def test_programs_survive_packing_and_cutting() -> None:
    packed = [NOTHING.with_more(programs) for programs in SOME]
    assert [p.size for p in packed] == [2, 0, 1, 0, 2]
    assert [unpack(p) for p in cut(flat_tensors(packed))] == SOME
    assert cut(flat_tensors(packed)) == packed
    assert NOTHING.with_more(SOME[0][:1]).with_more(SOME[0][1:]) == packed[0]
    assert cut(flat_tensors([])) == []


def test_a_snapshot_is_the_state_of_its_moment() -> None:
    """Among random filings, visits, packings and restarts; the reservoir C is full."""
    rng = random.Random(0)
    strata = Strata(capacity_c=2, seed=3)
    waiting = []
    for _ in range(600):
        id_ = rng.choice("abcdefg")
        actions = tuple(rng.choices(range(5), k=rng.randrange(4)))
        match rng.randrange(8):
            case 0:
                strata.visit(id_)
            case 1:
                strata.pack(rng.choice([None, [id_, "of no entry"]]))
            case 2:
                strata.add_rewarded(id_, [actions, (9, *actions)])
            case 3:
                state = strata.state_dict()
                strata = Strata(capacity_c=2, seed=3)
                strata.load_state_dict(state)
            case 4:
                waiting.append((strata.snapshot(), plain(strata)))
            case _:
                strata.add(id_, Trajectory(actions, (), float(actions == (1,))))
    assert len(waiting) > 50
    for snapshot, expected in waiting:
        assert lists(snapshot()) == expected
