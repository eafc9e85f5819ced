"""Causal confusion in imitation: policies of all masks of the inputs, and interventions."""

from sparse_rl.control.causal.cloning import CausalCloning, Dagger, PlainCloning
from sparse_rl.control.causal.demonstrations import MountainCarDemonstrations
from sparse_rl.control.causal.interventions import (
    ExpertQueries,
    Intervention,
    PolicyExecution,
)

__all__ = [
    "CausalCloning",
    "Dagger",
    "ExpertQueries",
    "Intervention",
    "MountainCarDemonstrations",
    "PlainCloning",
    "PolicyExecution",
]
