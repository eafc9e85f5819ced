"""The learner, its interfaces to tasks and policies, and a policy for any world."""

from sparse_rl.modules.decoding import Hypothesis, beam, sample
from sparse_rl.modules.ensemble import vote
from sparse_rl.modules.evaluation import PolicyEvaluator
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.modules.policy import Encoded, Policy, Stepper
from sparse_rl.modules.sequence import SequencePolicy
from sparse_rl.modules.task import Task, TaskError
from sparse_rl.modules.world_task import WorldTask

__all__ = [
    "Encoded",
    "Hypothesis",
    "Policy",
    "PolicyEvaluator",
    "PolicyLearner",
    "SequencePolicy",
    "Stepper",
    "Task",
    "TaskError",
    "WorldTask",
    "beam",
    "sample",
    "vote",
]
