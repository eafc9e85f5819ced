"""Asynchronous exploration: world workers, and one process that draws for all of them."""

from sparse_rl.actors.explorers import ExplorationError, Explorers
from sparse_rl.actors.inference import draw_for
from sparse_rl.actors.workers import Walked, Worker

__all__ = ["ExplorationError", "Explorers", "Walked", "Worker", "draw_for"]
