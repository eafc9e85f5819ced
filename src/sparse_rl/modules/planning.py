"""What a training is planned to explore, and whether its explored set has room for it."""

from __future__ import annotations

import math
from typing import Any

import pytorch_lightning as pl

from sparse_rl.errors import SparseRLError
from sparse_rl.exploration.explored import Explored

PREFIXES_PER_PROGRAM = 2
"""Greatest mean number of keys per explored program: above the programs, a key has at least two
explored continuations, so there are at most as many such keys as programs."""


def planned_visits(trainer: pl.Trainer, data: Any) -> int | None:
    """Returns the number of visits to examples that are still planned; None without an end."""
    examples = len(data.examples("train"))
    pass_: int = math.ceil(examples / data.batch_size)
    limit = trainer.limit_train_batches
    epoch: int = pass_ * data.passes
    epoch = min(epoch, limit) if isinstance(limit, int) else int(epoch * limit)
    ends = []
    if trainer.max_epochs is not None and trainer.max_epochs >= 0:
        ends.append(trainer.max_epochs * epoch)
    if trainer.max_steps >= 0:
        ends.append(trainer.max_steps)
    if not (ends and examples):
        return None
    steps: int = max(min(ends) - trainer.global_step, 0)
    visits: int = math.ceil(steps * examples / pass_)
    return visits


def check_room(explored: Explored, programs: int) -> None:
    """Checks that a Bloom filter has room for the prefixes of so many further programs.

    Raises:
        SparseRLError: it would fill up; the message has the size to set.
    """
    needed = len(explored) + PREFIXES_PER_PROGRAM * programs
    if explored.capacity is not None and explored.capacity < needed:
        raise SparseRLError(
            f"set model.explored_capacity to {needed} or more in a new run: this training may add "
            f"{needed - len(explored)} prefixes to the {len(explored)} of its Bloom filter, which "
            f"has room for {explored.capacity}"
        )
