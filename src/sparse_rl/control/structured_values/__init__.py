"""Structured values: planning and Q-learning that complete a matrix of values (SVP, SV-RL)."""

from sparse_rl.control.structured_values.dqn import Dqn
from sparse_rl.control.structured_values.grid import GridDataModule
from sparse_rl.control.structured_values.svp import Svp

__all__ = ["Dqn", "GridDataModule", "Svp"]
