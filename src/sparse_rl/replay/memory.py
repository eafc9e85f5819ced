"""What a run has found so far, and its part of a checkpoint."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import torch

from sparse_rl import processes
from sparse_rl.exploration.explored import Explored
from sparse_rl.replay.stale import StaleDraw, StaleDraws
from sparse_rl.replay.strata import Strata


class Memory:
    """The programs and explored prefixes of this process's examples.

    Args:
        replay: B and C of the examples.
        explored: prefixes that exploration and searches have been through.

    Attributes:
        stale: what is drawn beside training and has not been trained on; None where nothing is.
            A checkpoint does not hold it.
    """

    def __init__(self, replay: Strata, explored: Explored) -> None:
        self.replay = replay
        self.explored = explored
        self.stale: StaleDraws | None = None

    def stale_draws(self, ids: Sequence[str]) -> dict[int, list[StaleDraw]]:
        """What was drawn beside training since the last visits, by place in the batch."""
        if self.stale is None:
            return {}
        drawn = {place: self.stale.take(id_) for place, id_ in enumerate(ids)}
        return {place: draws for place, draws in drawn.items() if draws}

    def sizes(self, ids: Collection[str], device: torch.device) -> dict[str, float]:
        """Numbers of programs and prefixes of all processes, and the share of `ids` with a B."""
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
        return totals

    def state_dict(self) -> dict[str, Any]:
        """The memories of all processes in plain containers; complete in the first process."""
        parts = processes.gather_to_first((self.replay.state_dict(), self.explored.state_dict()))
        replays, explored = zip(*parts, strict=True)
        return {"replay": self.replay.union(replays), "explored": self.explored.union(explored)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes this process's part of a `state_dict`."""
        self.replay.load_state_dict(state["replay"], processes.is_mine)
        self.explored.load_state_dict(state["explored"], processes.is_mine)
