"""Actors in processes of their own: with a copy of the weights (IMPALA), or without (SEED RL)."""

from sparse_rl.control.layouts.actors import Actors
from sparse_rl.control.layouts.central import SeedActors
from sparse_rl.control.layouts.copies import ImpalaActors

__all__ = ["Actors", "ImpalaActors", "SeedActors"]
