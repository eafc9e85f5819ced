"""The replay strata: rewarded (B) and unrewarded (C) programs of every example."""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import torch

from sparse_rl.errors import WorldError
from sparse_rl.interpreters.world import Actions, Trajectory, World, replay_actions
from sparse_rl.replay.packed import NOTHING, PackedPrograms, cut, flat_tensors, unpack

Snapshot = Callable[[], dict[str, Any]]
"""Builds the state of the moment at which it was made; it may run later, in another thread."""


@dataclass(slots=True)
class _Entry:
    """Programs of one example, keyed by action sequence.

    A program from a file or checkpoint has no trajectory yet (None): its valid sets are computed
    when it is first read with its world.
    """

    rewarded: dict[Actions, Trajectory | None] = field(default_factory=dict)
    unrewarded: dict[Actions, Trajectory | None] = field(default_factory=dict)
    seen_unrewarded: int = 0
    visits: int = 0
    # The programs as a checkpoint has them, up to date after `pack`.
    packed_b: PackedPrograms = NOTHING
    packed_c: PackedPrograms = NOTHING
    packed_seen: int = 0

    def pack(self) -> None:
        """Brings the packed programs up to date; does nothing if none was filed since."""
        # B only grows, at its end; C changes with every program that its reservoir has seen.
        if len(self.rewarded) != (packed := self.packed_b.size):
            self.packed_b = self.packed_b.with_more(islice(self.rewarded, packed, None))
        if self.seen_unrewarded != self.packed_seen:
            self.packed_c = NOTHING.with_more(self.unrewarded)
            self.packed_seen = self.seen_unrewarded


class Strata:
    """Rewarded and unrewarded programs per example, without duplicates.

    Args:
        capacity_c: unrewarded programs kept per example, a uniform sample (reservoir) of all
            filed ones. B is unbounded: a rewarded program is never dropped.
        seed: seed of the reservoir.
    """

    def __init__(self, capacity_c: int = 8, seed: int = 0) -> None:
        self.capacity_c = capacity_c
        self.seed = seed
        self._entries: dict[str, _Entry] = {}

    def __repr__(self) -> str:
        b, c = self.sizes()
        return f"Strata({len(self._entries)} examples, {b} in B, {c} in C)"

    def sizes(self) -> tuple[int, int]:
        """Returns the numbers of programs in all B and in all C."""
        entries = self._entries.values()
        return sum(len(e.rewarded) for e in entries), sum(len(e.unrewarded) for e in entries)

    def coverage(self, example_ids: Iterable[str]) -> int:
        """Counts the examples with a rewarded program."""
        return sum(bool(e and e.rewarded) for e in map(self._entries.get, example_ids))

    def _entry(self, example_id: str) -> _Entry:
        entry = self._entries.get(example_id)
        if entry is None:
            entry = self._entries[example_id] = _Entry()
        return entry

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
        entry = self._entry(example_id)
        actions = trajectory.actions
        if trajectory.reward > 0:
            new = actions not in entry.rewarded
            if new:
                entry.rewarded[actions] = trajectory
            return new
        if self.capacity_c == 0 or actions in entry.unrewarded:
            return False
        entry.seen_unrewarded += 1
        if len(entry.unrewarded) >= self.capacity_c:
            draw = random.Random(f"{self.seed} {example_id} {entry.seen_unrewarded}")
            place = draw.randrange(entry.seen_unrewarded)
            if place >= self.capacity_c:
                return False
            del entry.unrewarded[list(entry.unrewarded)[place]]
        entry.unrewarded[actions] = trajectory
        return True

    def add_rewarded(self, example_id: str, programs: Iterable[Sequence[int]]) -> None:
        """Files rewarded programs, as action sequences."""
        rewarded = self._entry(example_id).rewarded
        for actions in programs:
            rewarded.setdefault(tuple(actions), None)

    def programs(self) -> dict[str, list[Actions]]:
        """Returns the programs of every B, by example."""
        return {id_: list(entry.rewarded) for id_, entry in self._entries.items()}

    def is_rewarded(self, example_id: str, actions: Actions) -> bool:
        """Whether the program is in the example's B."""
        return actions in self._entry(example_id).rewarded

    def rewarded(self, example_id: str, world: World) -> list[Trajectory]:
        """Returns the example's B."""
        return self.rewarded_late(example_id, lambda: world)

    def unrewarded(self, example_id: str, world: World) -> list[Trajectory]:
        """Returns the example's C."""
        return self.unrewarded_late(example_id, lambda: world)

    def rewarded_late(self, example_id: str, make: Callable[[], World]) -> list[Trajectory]:
        """Returns the example's B; makes its world only where a program has no valid sets yet."""
        return _trajectories(example_id, self._entry(example_id).rewarded, make)

    def unrewarded_late(self, example_id: str, make: Callable[[], World]) -> list[Trajectory]:
        """Returns the example's C in the same way."""
        return _trajectories(example_id, self._entry(example_id).unrewarded, make)

    def pack(self, example_ids: Iterable[str] | None = None) -> None:
        """Prepares examples for the next `snapshot`, which then has less to do.

        Args:
            example_ids: the examples; None for all.
        """
        entries = self._entries
        for entry in entries.values() if example_ids is None else map(entries.get, example_ids):
            if entry is not None:
                entry.pack()

    def snapshot(self) -> Snapshot:
        """Keeps the present state, in time for the examples that have changed since the last one.

        Returns:
            What `state_dict` would return now.
        """
        entries = list(self._entries.values())
        for entry in entries:
            # As `pack` does, without calls: there are millions.
            if entry.seen_unrewarded != entry.packed_seen or len(entry.packed_b.lengths) != 4 * len(
                entry.rewarded
            ):
                entry.pack()
        ids = list(self._entries)
        visits = array("q", [e.visits for e in entries])
        seen = array("q", [e.seen_unrewarded for e in entries])
        packed_b = [e.packed_b for e in entries]
        packed_c = [e.packed_c for e in entries]

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
        columns = (
            state["ids"],
            cut(state["rewarded"]),
            cut(state["unrewarded"]),
            state["seen"].tolist(),
            state["visits"].tolist(),
        )
        for id_, packed_b, packed_c, seen, visits in zip(*columns, strict=True):
            if mine(id_):
                rewarded, unrewarded = _known(packed_b), _known(packed_c)
                self._entries[id_] = _Entry(
                    rewarded, unrewarded, seen, visits, packed_b, packed_c, packed_seen=seen
                )

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


def _known(packed: PackedPrograms) -> dict[Actions, Trajectory | None]:
    programs: dict[Actions, Trajectory | None] = dict.fromkeys(unpack(packed))
    if len(programs) < packed.size:
        raise ValueError("a program is twice in a stratum")
    return programs


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
