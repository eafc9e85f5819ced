"""Callbacks of a run: warm start, averages of weights, checkpoints, predictions, logs."""

from sparse_rl.callbacks.averaging import AverageWeights
from sparse_rl.callbacks.checkpoint_io import AtomicCheckpointIO
from sparse_rl.callbacks.checkpoints import BestCheckpoint, LastCheckpoint
from sparse_rl.callbacks.clock import TrainingClock
from sparse_rl.callbacks.predictions import PredictionWriter
from sparse_rl.callbacks.preemption import Preemption
from sparse_rl.callbacks.random_state import RandomState
from sparse_rl.callbacks.wandb import Wandb
from sparse_rl.callbacks.warm_start import WarmStart

__all__ = [
    "AtomicCheckpointIO",
    "AverageWeights",
    "BestCheckpoint",
    "LastCheckpoint",
    "PredictionWriter",
    "Preemption",
    "RandomState",
    "TrainingClock",
    "Wandb",
    "WarmStart",
]
