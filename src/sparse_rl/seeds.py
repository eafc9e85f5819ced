"""The seed of a run, from which the others derive."""

from __future__ import annotations

import os


def seed_or_run_seed(seed: int | None) -> int:
    """Returns the seed given, else the run's, else 0.

    The run's seed is the last argument of `seed_everything`: Lightning keeps it in the environment,
    where the other processes of the run find it too.
    """
    return int(os.environ.get("PL_GLOBAL_SEED", 0)) if seed is None else seed
