"""Control: learners that need less data or less hardware, and imitation; the extra `control`."""

from sparse_rl.control.a2c import A2c
from sparse_rl.control.acer import Acer
from sparse_rl.control.acer_continuous import AcerContinuous
from sparse_rl.control.causal import (
    CausalCloning,
    Dagger,
    ExpertQueries,
    MountainCarDemonstrations,
    PlainCloning,
    PolicyExecution,
)
from sparse_rl.control.environments import GymDataModule
from sparse_rl.control.errors import ControlError
from sparse_rl.control.imitation import BehaviouralCloning, DemonstrationDataModule, Gail
from sparse_rl.control.learner import ControlLearner
from sparse_rl.control.model import ControlModel
from sparse_rl.control.player import Player
from sparse_rl.control.ppo import Ppo
from sparse_rl.control.structured_values import Dqn, GridDataModule, Svp
from sparse_rl.control.value_expansion import ChainDataModule, ChainValues, Ddpg, ValueExpansion
from sparse_rl.control.vtrace_learner import VTraceLearner

__all__ = [
    "A2c",
    "Acer",
    "AcerContinuous",
    "BehaviouralCloning",
    "CausalCloning",
    "ChainDataModule",
    "ChainValues",
    "ControlError",
    "ControlLearner",
    "ControlModel",
    "Dagger",
    "Ddpg",
    "DemonstrationDataModule",
    "Dqn",
    "ExpertQueries",
    "Gail",
    "GridDataModule",
    "GymDataModule",
    "MountainCarDemonstrations",
    "PlainCloning",
    "Player",
    "PolicyExecution",
    "Ppo",
    "Svp",
    "VTraceLearner",
    "ValueExpansion",
]
