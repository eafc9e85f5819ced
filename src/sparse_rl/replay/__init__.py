"""The memory of a run: rewarded and unrewarded programs of every example."""

from sparse_rl.replay.memory import Memory
from sparse_rl.replay.strata import Strata

__all__ = ["Memory", "Strata"]
