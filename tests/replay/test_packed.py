"""Packed programs are what flattening all of them would give, at the moment of the snapshot."""

from __future__ import annotations

import random
from itertools import chain
from typing import Any

import pytest
import torch

from sparse_rl.interpreters.world import Actions, Trajectory
from sparse_rl.replay.packed import NOTHING, cut, flat_tensors, unpack
from sparse_rl.replay.strata import Strata

SOME: list[list[Actions]] = [[(1, 2), ()], [], [(7,)], [], [(3,), (0, 0, 2**31 - 1)]]


class Plain:
    """The strata by their definition, in lists."""

    def __init__(self, capacity_c: int, seed: int) -> None:
        self.capacity_c, self.seed = capacity_c, seed
        self.visits: dict[str, int] = {}
        self.seen: dict[str, int] = {}
        self.rewarded: dict[str, list[Actions]] = {}
        self.unrewarded: dict[str, list[Actions]] = {}

    def touch(self, id_: str) -> None:
        for column in (self.visits, self.seen):
            column.setdefault(id_, 0)
        for stratum in (self.rewarded, self.unrewarded):
            stratum.setdefault(id_, [])

    def visit(self, id_: str) -> None:
        self.touch(id_)
        self.visits[id_] += 1

    def add(self, id_: str, actions: Actions, reward: float) -> None:
        self.touch(id_)
        kept = (self.rewarded if reward else self.unrewarded)[id_]
        if actions in kept:
            return
        if not reward:
            self.seen[id_] += 1
            if len(kept) == self.capacity_c:
                draw = random.Random(f"{self.seed} {id_} {self.seen[id_]}")
                place = draw.randrange(self.seen[id_])
                if place >= self.capacity_c:
                    return
                del kept[place]
        kept.append(actions)

    def state(self) -> dict[str, Any]:
        """The columns of a state."""
        state: dict[str, Any] = {
            "ids": list(self.visits),
            "visits": list(self.visits.values()),
            "seen": list(self.seen.values()),
        }
        for name in ("rewarded", "unrewarded"):
            programs = list(getattr(self, name).values())
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


@pytest.mark.parametrize("room", [0, 3, 10, 10**6])
def test_a_snapshot_is_the_state_of_its_moment(room: int) -> None:
    """Among random filings, visits, look-ups, packings and restarts; the reservoir C is full.

    However many programs are kept unpacked: 0, which leaves those of one example, to all.
    """
    rng = random.Random(0)
    strata, plain = Strata(2, seed=3, unpacked=room), Plain(2, seed=3)
    waiting = []
    for _ in range(800):
        id_ = rng.choice("abcdefg")
        actions = tuple(rng.choices(range(5), k=rng.randrange(4)))
        match rng.randrange(10):
            case 0:
                strata.visit(id_)
                plain.visit(id_)
            case 1:
                strata.pack(rng.choice([None, [id_, "of no entry"]]))
            case 2:
                strata.add_rewarded(id_, [actions, (9, *actions)])
                plain.add(id_, actions, 1.0)
                plain.add(id_, (9, *actions), 1.0)
            case 3:
                state = strata.state_dict()
                strata = Strata(2, seed=3, unpacked=room)
                strata.load_state_dict(state)
            case 4:
                waiting.append((strata.snapshot(), plain.state()))
            case 5:
                plain.touch(id_)
                assert strata.is_rewarded(id_, actions) == (actions in plain.rewarded[id_])
            case 6:
                assert strata.sizes() == tuple(
                    sum(map(len, getattr(plain, name).values()))
                    for name in ("rewarded", "unrewarded")
                )
            case _:
                reward = float(actions == (1,))
                strata.add(id_, Trajectory(actions, (), reward))
                plain.add(id_, actions, reward)
    assert len(waiting) > 50
    for snapshot, expected in waiting:
        assert lists(snapshot()) == expected


def test_programs_twice_are_refused() -> None:
    state = Strata().state_dict()
    state["ids"] = ["a"]
    state["visits"] = state["seen"] = torch.zeros(1, dtype=torch.int64)
    state["rewarded"] = flat_tensors([NOTHING.with_more([(1, 2), (1, 2)])])
    state["unrewarded"] = flat_tensors([NOTHING])
    with pytest.raises(ValueError, match="twice"):
        Strata().load_state_dict(state)
