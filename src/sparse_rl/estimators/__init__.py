"""Policy-gradient estimators for sparse rewards: strategies over pure functions."""

from sparse_rl.estimators.base import Estimator, Objective
from sparse_rl.estimators.batch import Plan, ScoredBatch, Stratum
from sparse_rl.estimators.borl import Borl
from sparse_rl.estimators.dirpg import DirPg
from sparse_rl.estimators.gaca import Gaca
from sparse_rl.estimators.hard_em import HardEm
from sparse_rl.estimators.iml import Iml
from sparse_rl.estimators.mapo import Mapo
from sparse_rl.estimators.merl import Merl
from sparse_rl.estimators.mixture import MixturePrior
from sparse_rl.estimators.mml import Mml
from sparse_rl.estimators.prior import EnergyPrior, Prior, TemplatePrior
from sparse_rl.estimators.raml import Raml
from sparse_rl.estimators.reinforce import Reinforce
from sparse_rl.estimators.score import LinearScore, RewardScore
from sparse_rl.estimators.strata import policy_weights

__all__ = [
    "Borl",
    "DirPg",
    "EnergyPrior",
    "Estimator",
    "Gaca",
    "HardEm",
    "Iml",
    "LinearScore",
    "Mapo",
    "Merl",
    "MixturePrior",
    "Mml",
    "Objective",
    "Plan",
    "Prior",
    "Raml",
    "Reinforce",
    "RewardScore",
    "ScoredBatch",
    "Stratum",
    "TemplatePrior",
    "policy_weights",
]
