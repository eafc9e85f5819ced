"""Actors in processes of their own: with a copy of the weights (IMPALA), or without (SEED RL)."""

from sparse_rl.control.layouts.actors import Actors
from sparse_rl.control.layouts.central import SeedActors
from sparse_rl.control.layouts.copies import ImpalaActors
from sparse_rl.control.layouts.engines import Engine
from sparse_rl.control.layouts.forks import Forks
from sparse_rl.control.layouts.ray_workers import RayWorkers

__all__ = ["Actors", "Engine", "Forks", "ImpalaActors", "RayWorkers", "SeedActors"]
