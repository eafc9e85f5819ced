"""Control: learners that need less data or less hardware, and imitation; the extra `control`."""

from sparse_rl.control.a2c import A2c
from sparse_rl.control.acer import Acer
from sparse_rl.control.acer_continuous import AcerContinuous
from sparse_rl.control.environments import GymDataModule
from sparse_rl.control.errors import ControlError
from sparse_rl.control.learner import ControlLearner
from sparse_rl.control.model import ControlModel
from sparse_rl.control.structured_values import Dqn, GridDataModule, Svp
from sparse_rl.control.vtrace_learner import VTraceLearner

__all__ = [
    "A2c",
    "Acer",
    "AcerContinuous",
    "ControlError",
    "ControlLearner",
    "ControlModel",
    "Dqn",
    "GridDataModule",
    "GymDataModule",
    "Svp",
    "VTraceLearner",
]
