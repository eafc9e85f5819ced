"""The replay strata: rewarded (B) and unrewarded (C) programs of every example."""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch

from sparse_rl.errors import WorldError
from sparse_rl.interpreters.world import Actions, Trajectory, World, replay_actions
from sparse_rl.replay.packed import (
    NOTHING,
    PackedPrograms,
    check_distinct,
    cut,
    flat_tensors,
    unpack,
)
from sparse_rl.replay.unpacked import Unpacked, UnpackedExamples

Snapshot = Callable[[], dict[str, Any]]
"""Builds the state of the moment at which it was made; it may run later, in another thread."""


UNPACKED = 250_000
"""Programs kept as objects with their valid sets, at 2 kB each; a searched WikiSQL has 100,000."""


@dataclass(slots=True)
class _Entry:
    """One example. Its packed programs lack what was filed since it was last packed."""

    rewarded: PackedPrograms = NOTHING
    unrewarded: PackedPrograms = NOTHING
    seen_unrewarded: int = 0
    visits: int = 0


class Strata:
    """Rewarded and unrewarded programs per example, without duplicates.

    They are flat bytes, as in a checkpoint; those of the examples used last are objects too.

    Args:
        capacity_c: unrewarded programs kept per example, a uniform sample (reservoir) of all
            filed ones. B is unbounded: a rewarded program is never dropped.
        seed: seed of the reservoir.
        unpacked: programs that are kept as objects with their valid sets, of the examples used
            last. No effect on results: other examples are unpacked when they are used, and their
            valid sets computed again.
    """

    def __init__(self, capacity_c: int = 8, seed: int = 0, unpacked: int = UNPACKED) -> None:
        self.capacity_c = capacity_c
        self.seed = seed
        self._entries: dict[str, _Entry] = {}
        self._unpacked = UnpackedExamples(unpacked)
        # Unpacked examples that have changed since they were packed, as an ordered set.
        self._changed: dict[str, None] = {}

    def __repr__(self) -> str:
        b, c = self.sizes()
        return f"Strata({len(self._entries)} examples, {b} in B, {c} in C)"

    def sizes(self) -> tuple[int, int]:
        """Returns the numbers of programs in all B and in all C."""
        self.pack()
        entries = self._entries.values()
        return sum(e.rewarded.size for e in entries), sum(e.unrewarded.size for e in entries)

    def coverage(self, example_ids: Iterable[str]) -> int:
        """Counts the examples with a rewarded program."""
        self.pack()
        return sum(bool(e and e.rewarded.size) for e in map(self._entries.get, example_ids))

    def _entry(self, example_id: str) -> _Entry:
        entry = self._entries.get(example_id)
        if entry is None:
            entry = self._entries[example_id] = _Entry()
        return entry

    def _programs(self, example_id: str) -> Unpacked:
        """Returns the example's programs as objects."""
        programs = self._unpacked.use(example_id)
        if programs is None:
            entry = self._entry(example_id)
            rewarded, unrewarded = unpack(entry.rewarded), unpack(entry.unrewarded)
            programs = Unpacked(dict.fromkeys(rewarded), dict.fromkeys(unrewarded))
            self._unpacked.put(example_id, programs)
            self._make_room()
        return programs

    def _make_room(self) -> None:
        for example_id, programs in self._unpacked.surplus():
            self._pack(example_id, programs)

    def visit(self, example_id: str) -> int:
        """Counts a training visit to the example; returns the number of earlier visits."""
        entry = self._entry(example_id)
        entry.visits += 1
        return entry.visits - 1

    def add(self, example_id: str, trajectory: Trajectory) -> bool:
        """Files a trajectory by its reward; returns whether its stratum has changed."""
        if not trajectory.reward >= 0:  # NaN is not either.
            raise WorldError(
                f"give rewards of 0 or more: {example_id!r} has a program of {trajectory.reward}"
            )
        programs = self._programs(example_id)
        before = len(programs)
        changed = (
            _add_rewarded(programs.rewarded, trajectory)
            if trajectory.reward > 0
            else self._add_unrewarded(example_id, programs.unrewarded, trajectory)
        )
        if changed:
            self._note_change(example_id, len(programs) - before)
        return changed

    def _add_unrewarded(
        self, example_id: str, unrewarded: dict[Actions, Trajectory | None], trajectory: Trajectory
    ) -> bool:
        if self.capacity_c == 0 or trajectory.actions in unrewarded:
            return False
        entry = self._entries[example_id]
        entry.seen_unrewarded += 1
        if len(unrewarded) >= self.capacity_c:
            draw = random.Random(f"{self.seed} {example_id} {entry.seen_unrewarded}")
            place = draw.randrange(entry.seen_unrewarded)
            if place >= self.capacity_c:
                return False
            del unrewarded[list(unrewarded)[place]]
        unrewarded[trajectory.actions] = trajectory
        return True

    def add_rewarded(self, example_id: str, programs: Iterable[Sequence[int]]) -> None:
        """Files rewarded programs, as action sequences."""
        rewarded = self._programs(example_id).rewarded
        before = len(rewarded)
        for actions in programs:
            rewarded.setdefault(tuple(actions), None)
        self._note_change(example_id, len(rewarded) - before)

    def _note_change(self, example_id: str, more: int) -> None:
        self._changed[example_id] = None
        self._unpacked.grow(more)
        self._make_room()

    def programs(self) -> dict[str, list[Actions]]:
        """Returns the programs of every B, by example."""
        self.pack()
        return {id_: unpack(entry.rewarded) for id_, entry in self._entries.items()}

    def contents(self) -> dict[str, tuple[list[Actions], list[Actions], int]]:
        """Returns B, C and the number of visits of every example."""
        self.pack()
        return {
            id_: (unpack(entry.rewarded), unpack(entry.unrewarded), entry.visits)
            for id_, entry in self._entries.items()
        }

    def is_rewarded(self, example_id: str, actions: Actions) -> bool:
        """Whether the program is in the example's B."""
        return actions in self._programs(example_id).rewarded

    def rewarded(self, example_id: str, world: World) -> list[Trajectory]:
        """Returns the example's B."""
        return self.rewarded_late(example_id, lambda: world)

    def unrewarded(self, example_id: str, world: World) -> list[Trajectory]:
        """Returns the example's C."""
        return self.unrewarded_late(example_id, lambda: world)

    def rewarded_late(self, example_id: str, make: Callable[[], World]) -> list[Trajectory]:
        """Returns the example's B; makes its world only where a program has no valid sets yet."""
        return _trajectories(example_id, self._programs(example_id).rewarded, make)

    def unrewarded_late(self, example_id: str, make: Callable[[], World]) -> list[Trajectory]:
        """Returns the example's C in the same way."""
        return _trajectories(example_id, self._programs(example_id).unrewarded, make)

    def pack(self, example_ids: Iterable[str] | None = None) -> None:
        """Prepares examples for the next `snapshot`, which then has less to do.

        Args:
            example_ids: the examples; None for all.
        """
        for id_ in list(self._changed) if example_ids is None else example_ids:
            if id_ in self._changed:
                self._pack(id_, self._unpacked[id_])

    def _pack(self, example_id: str, programs: Unpacked) -> None:
        """Brings the example's packed programs up to date, if something was filed since."""
        if example_id not in self._changed:
            return
        del self._changed[example_id]
        entry = self._entries[example_id]
        # B only grows, at its end; a reservoir C changes anywhere.
        more = islice(programs.rewarded, entry.rewarded.size, None)
        entry.rewarded = entry.rewarded.with_more(more)
        entry.unrewarded = NOTHING.with_more(programs.unrewarded)

    def snapshot(self) -> Snapshot:
        """Keeps the present state, in time for the examples that have changed since the last one.

        Returns:
            What `state_dict` would return now.
        """
        self.pack()
        entries = list(self._entries.values())
        ids = list(self._entries)
        visits = array("q", [e.visits for e in entries])
        seen = array("q", [e.seen_unrewarded for e in entries])
        packed_b = [e.rewarded for e in entries]
        packed_c = [e.unrewarded for e in entries]

        def state() -> dict[str, Any]:
            return {
                "ids": ids,
                "visits": torch.from_numpy(np.array(visits, np.int64)),
                "seen": torch.from_numpy(np.array(seen, np.int64)),
                "rewarded": flat_tensors(packed_b),
                "unrewarded": flat_tensors(packed_c),
            }

        return state

    def state_dict(self) -> dict[str, Any]:
        """Returns flat tensors and lists, which load under `weights_only=True`."""
        return self.snapshot()()

    def load_state_dict(
        self, state: dict[str, Any], mine: Callable[[str], bool] = lambda id_: True
    ) -> None:
        """Restores a `state_dict`; valid sets are computed again when needed.

        Args:
            state: the state of one process, or the `union` of several.
            mine: whether an example belongs to this process.
        """
        check_state(state)
        self._entries = {}
        self._unpacked = UnpackedExamples(self._unpacked.room)
        self._changed = {}
        columns = (
            cut(state["rewarded"]),
            cut(state["unrewarded"]),
            state["seen"].tolist(),
            state["visits"].tolist(),
        )
        for id_, *of_example in zip(state["ids"], *columns, strict=True):
            if mine(id_):
                entry = self._entries[id_] = _Entry(*of_example)
                check_distinct(entry.rewarded)
                check_distinct(entry.unrewarded)

    @staticmethod
    def union(states: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Merges the states of strata with disjoint examples."""
        if len(states) == 1:
            return states[0]
        return {
            "ids": [id_ for state in states for id_ in state["ids"]],
            "visits": torch.cat([state["visits"] for state in states]),
            "seen": torch.cat([state["seen"] for state in states]),
            **{
                name: {
                    part: torch.cat([state[name][part] for state in states])
                    for part in ("tokens", "lengths", "counts")
                }
                for name in ("rewarded", "unrewarded")
            },
        }


def _add_rewarded(rewarded: dict[Actions, Trajectory | None], trajectory: Trajectory) -> bool:
    new = trajectory.actions not in rewarded
    if new:
        rewarded[trajectory.actions] = trajectory
    return new


def _trajectories(
    example_id: str, stratum: dict[Actions, Trajectory | None], make: Callable[[], World]
) -> list[Trajectory]:
    unread = [actions for actions, trajectory in stratum.items() if trajectory is None]
    if unread:
        world = make()
        for actions in unread:
            try:
                stratum[actions] = replay_actions(world, actions)
            except ValueError as error:
                raise WorldError(
                    "start without this memory, or use an earlier checkpoint: a program of "
                    f"{example_id!r} is none of its world: {error}"
                ) from error
    return list(stratum.values())  # type: ignore[arg-type]


def check_state(state: Mapping[str, Any]) -> None:
    """Checks the state of strata.

    Raises:
        ValueError: its parts do not belong together.
    """
    ids = state["ids"]
    if not all(isinstance(id_, str) for id_ in ids) or len(set(ids)) < len(ids):
        raise ValueError("ids of examples that are no texts, or repeated")
    parts = [state["visits"], state["seen"]]
    for stratum in ("rewarded", "unrewarded"):
        tokens, lengths, counts = (state[stratum][name] for name in ("tokens", "lengths", "counts"))
        if (int(lengths.sum()), int(counts.sum())) != (len(tokens), len(lengths)):
            raise ValueError(f"{stratum} programs of other lengths than their tokens")
        parts += [tokens, lengths, counts]
    if any(part.dim() != 1 or part.is_floating_point() or (part < 0).any() for part in parts):
        raise ValueError("programs that are no lists of numbers")
