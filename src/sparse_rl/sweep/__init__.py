"""Sweeps: many short trainings with drawn options, offline."""

from sparse_rl.sweep.plan import Sweep, SweepError, draw, read_sweep
from sparse_rl.sweep.results import write_results
from sparse_rl.sweep.trials import Trial, Trials

__all__ = ["Sweep", "SweepError", "Trial", "Trials", "draw", "read_sweep", "write_results"]
