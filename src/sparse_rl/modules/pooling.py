"""Exchange between processes of the values that estimators rank over all samples."""

from __future__ import annotations

import torch
from torch import Tensor

from sparse_rl import processes
from sparse_rl.estimators.base import Estimator
from sparse_rl.estimators.batch import ScoredBatch


class Pool:
    """The values of the other processes' samples, in every step."""

    def __init__(self) -> None:
        self._mailbox = processes.Mailbox()

    def exchange(
        self,
        estimator: Estimator,
        scored: ScoredBatch | None,
        device: torch.device | str = "cpu",
    ) -> Tensor | None:
        """Returns the other processes' `Estimator.to_pool`, side by side; None without exchange.

        All processes must call it in every step: a process without a trajectory passes None.
        """
        if processes.count() == 1 or not estimator.pools:
            return None
        own = [] if scored is None else estimator.to_pool(scored).flatten().tolist()
        self._mailbox.send(own, device)
        parts = self._mailbox.receive()
        del parts[processes.rank()]
        return torch.cat([torch.tensor(part, device=device).view(2, -1) for part in parts], 1)
