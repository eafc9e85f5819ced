"""The memory of a run: its only entry point, and its part of a checkpoint."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import torch

from sparse_rl import processes
from sparse_rl.checkpoint_parts import memory_states
from sparse_rl.exploration.explored import ExactExplored, Explored, Mine, everything, prefix_key
from sparse_rl.exploration.systematic import SystematicExplorer
from sparse_rl.interpreters.world import Actions, Trajectory, World
from sparse_rl.replay.strata import Snapshot, Strata


class Memory:
    """The programs and explored prefixes of this process's examples.

    All programs enter by the `file` methods; nothing else changes B, C or the explored set.

    Args:
        replay: B and C of the examples.
        explored: prefixes explored by walks and searches.

    Attributes:
        executed: number of programs executed for this process's examples, by searches, walks and
            draws.
    """

    def __init__(self, replay: Strata | None = None, explored: Explored | None = None) -> None:
        self.replay = Strata() if replay is None else replay
        self.explored = ExactExplored() if explored is None else explored
        self.executed = 0

    def file(self, example_id: str, trajectory: Trajectory, explored: Iterable[str] = ()) -> bool:
        """Files a program by its reward.

        Args:
            example_id: the program's example.
            trajectory: the finished walk.
            explored: keys of the prefixes explored by this walk (`SystematicExplorer.close`);
                none for a draw that may be repeated.

        Returns:
            Whether it is a rewarded program new to B.
        """
        self.executed += 1
        self._mark(explored)
        return self.replay.add(example_id, trajectory) and trajectory.reward > 0

    def file_walk(self, explorer: SystematicExplorer, trajectory: Trajectory) -> bool:
        """Files a walk of systematic exploration, and marks it as explored."""
        return self.file(explorer.example_id, trajectory, explorer.close(trajectory))

    def file_found(
        self,
        example_id: str,
        rewarded: Iterable[Actions],
        complete: bool = False,
        executed: int = 0,
    ) -> None:
        """Files the rewarded programs of a search result.

        Their valid sets are computed when they are first drawn.

        Args:
            example_id: the programs' example.
            rewarded: action sequences.
            complete: whether these are all rewarded programs of the example; nothing is then left
                to explore.
            executed: number of programs executed by the search.
        """
        self.executed += executed
        self.replay.add_rewarded(example_id, rewarded)
        if complete:
            self.explored.add(prefix_key(example_id, ()))

    def explorer(self, example_id: str, world: World) -> SystematicExplorer:
        """Returns a systematic explorer of the example, over this memory's explored set."""
        return SystematicExplorer(example_id, world, self.explored)

    def mark_explored(
        self, explorer: SystematicExplorer, trajectories: Iterable[Trajectory]
    ) -> None:
        """Marks programs that no walk has found as explored, so that none repeats them."""
        for trajectory in trajectories:
            self._mark(explorer.close(trajectory))

    def _mark(self, explored: Iterable[str]) -> None:
        for key in explored:
            self.explored.add(key)

    def sizes(self, ids: Collection[str], device: torch.device) -> dict[str, float]:
        """Counts programs and prefixes of all processes, and the share of `ids` with a B."""
        rewarded, unrewarded = self.replay.sizes()
        shared = self.explored.inherited
        sizes = {
            "b": rewarded,
            "c": unrewarded,
            "explored": len(self.explored) - shared,
            "coverage": self.replay.coverage(ids) / max(len(ids), 1),
        }
        totals = {name: float(processes.total(size, device)) for name, size in sizes.items()}
        totals["explored"] += shared
        if self.explored.capacity is not None:
            totals["explored_fill"] = totals["explored"] / self.explored.capacity
            rate = processes.total(self.explored.error_rate, device)
            totals["explored_error_rate"] = float(rate) / processes.count()
        return totals

    def pack(self, ids: Iterable[str] | None = None) -> None:
        """Prepares the next snapshot for some examples, or all: it is the shorter for it."""
        self.replay.pack(ids)

    def snapshot(self) -> Snapshot:
        """Keeps this process's present state in a short time.

        Returns:
            What builds the state: the whole `state_dict` of one process, or this one's part of it.
        """
        replay, explored, executed = self.replay.snapshot(), self.explored.snapshot(), self.executed

        def state() -> dict[str, Any]:
            return {"replay": replay(), "explored": explored(), "executed": executed}

        return state if processes.count() > 1 else lambda: self.union([state()])

    def state_dict(self) -> dict[str, Any]:
        """Returns all processes' memories, in plain containers; complete in the first process."""
        return self.union(processes.gather_to_first(self.snapshot()()))

    def union(self, states: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Merges the states of several processes, with disjoint examples, into one."""
        return {
            "replay": self.replay.union([state["replay"] for state in states]),
            "explored": self.explored.union([state["explored"] for state in states]),
            # Checkpoints of version 0.1 have none.
            "executed": sum(state.get("executed", 0) for state in states),
        }

    def load_state_dict(self, state: dict[str, Any], mine: Mine = everything) -> None:
        """Restores the part of a checkpoint's memory of the examples that are this process's.

        Args:
            state: a `state_dict`, or a checkpoint's state with the processes' parts beside it.
            mine: whether an example belongs to this process.
        """
        whole = self.union(memory_states(state))
        self.replay.load_state_dict(whole["replay"], mine)
        self.explored.load_state_dict(whole["explored"], mine)
        # The count of all processes goes to one of them.
        self.executed = whole["executed"] if processes.rank() == 0 else 0
