"""Imitation: acting as an expert does, from few of its trajectories."""

from sparse_rl.control.imitation.cloning import BehaviouralCloning
from sparse_rl.control.imitation.data import DemonstrationDataModule
from sparse_rl.control.imitation.gail import Gail

__all__ = ["BehaviouralCloning", "DemonstrationDataModule", "Gail"]
