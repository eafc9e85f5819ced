"""A learner as a checkpoint has it, for commands that only evaluate."""

from __future__ import annotations

from pathlib import Path

import torch

from sparse_rl.checkpoint_file import load_weights, read_weights, restoring
from sparse_rl.modules.learner import PolicyLearner


def restore(learner: PolicyLearner, path: Path) -> None:
    """Restores all of a checkpoint in a learner, on a GPU if there is one.

    Raises:
        SparseRLError: the file is no checkpoint, or a part of it is damaged.
    """
    checkpoint = read_weights(path)
    with restoring(path):
        learner.on_load_checkpoint(checkpoint)
        load_weights(learner, checkpoint["state_dict"])
    learner.to("cuda" if torch.cuda.is_available() else "cpu").eval()
