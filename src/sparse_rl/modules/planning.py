"""What a training is planned to explore, and whether its explored set has room for it."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl

from sparse_rl.errors import SparseRLError
from sparse_rl.exploration.explored import Explored

PREFIXES_PER_PROGRAM = 2
"""Greatest mean number of keys per explored program: above the programs, a key has at least two
explored continuations, so there are at most as many such keys as programs."""


def planned_visits(trainer: pl.Trainer, data: Any) -> int | None:
    """Returns the number of visits to examples that are still planned; None without an end."""
    batch = data.batch_size
    steps = -(-len(data.examples("train")) // batch) * data.passes
    limit = trainer.limit_train_batches
    steps = min(steps, limit) if isinstance(limit, int) else int(steps * limit)
    ends = []
    if trainer.max_epochs is not None and trainer.max_epochs >= 0:
        ends.append(trainer.max_epochs * steps)
    if trainer.max_steps >= 0:
        ends.append(trainer.max_steps)
    return max(min(ends) - trainer.global_step, 0) * batch if ends else None


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
