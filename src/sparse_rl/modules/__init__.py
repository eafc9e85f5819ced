"""The learner, its interfaces to tasks and policies, and a policy for any world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparse_rl.late import late_names

if TYPE_CHECKING:
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

# Late: some of them import Lightning, which other modules of this package do without.
__getattr__ = late_names(
    __name__,
    {
        "Encoded": "sparse_rl.modules.policy",
        "Hypothesis": "sparse_rl.modules.decoding",
        "Policy": "sparse_rl.modules.policy",
        "PolicyEvaluator": "sparse_rl.modules.evaluation",
        "PolicyLearner": "sparse_rl.modules.learner",
        "SequencePolicy": "sparse_rl.modules.sequence",
        "Stepper": "sparse_rl.modules.policy",
        "Task": "sparse_rl.modules.task",
        "TaskError": "sparse_rl.modules.task",
        "WorldTask": "sparse_rl.modules.world_task",
        "beam": "sparse_rl.modules.decoding",
        "sample": "sparse_rl.modules.decoding",
        "vote": "sparse_rl.modules.ensemble",
    },
)
