"""Exchange between processes of the values that estimators rank over all samples."""

from __future__ import annotations

import torch
from torch import Tensor

from sparse_rl import processes
from sparse_rl.estimators.base import Estimator
from sparse_rl.estimators.batch import ScoredBatch


def pool(
    estimator: Estimator, scored: ScoredBatch | None, device: torch.device | str = "cpu"
) -> Tensor | None:
    """Returns the other processes' `Estimator.to_pool`, concatenated; None without exchange.

    All processes must call it in every step: a process without a trajectory passes None.
    """
    if processes.count() == 1 or not estimator.pools:
        return None
    own_2N = torch.empty(2, 0) if scored is None else estimator.to_pool(scored).cpu()
    return torch.cat(processes.others(own_2N), 1).to(device)
