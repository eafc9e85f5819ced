"""The policy of a checkpoint as the beginning of a new training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sparse_rl.checkpoint_file import (
    load_weights,
    policy_weights,
    program_state,
    read_weights,
    restoring,
)
from sparse_rl.modules.policy import Policy
from sparse_rl.modules.task import Task, check_task


def initial_policy(path: str | Path, task: Task[Any, Any], data: Any) -> Policy:
    """Returns the policy of a checkpoint: weights and vocabulary, nothing else of its training.

    Args:
        path: the checkpoint.
        task: the new training's task, attached to its data.
        data: the new training's data module.

    Raises:
        SparseRLError: the file is no checkpoint, is of another task, or its policy has other sizes.
    """
    checkpoint = read_weights(path)
    state = program_state(checkpoint, path)
    check_task(state, task)
    with restoring(path):
        policy: Policy = task.restore(task.initial_state(state, data))
        weights = policy_weights(checkpoint)
        load_weights(policy, task.initial_weights(state, weights, policy))
    return policy
