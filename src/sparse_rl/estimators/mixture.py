"""The exact mixture prior of contexts that share their actions (GACA eq. 8).

Legend: S context, N trajectory, T step, V action.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sparse_rl.bounds import Count, ProperFraction, bounded
from sparse_rl.estimators.prior import Prior
from sparse_rl.interpreters.world import Trajectory, pad_actions


class MixturePrior(Prior):
    """prior(z) = (1-k) mean over all contexts s of pi(z|s) + k * uniform walk.

    For policies that do not read their own actions: such a policy is a table of probabilities,
    step by action, in each context, and a trajectory's probability in any context is a product
    of entries. The prior uses the tables of the last refresh.
    """

    @bounded
    def __init__(self, refresh_every: Count = 25, kappa: ProperFraction = 0.05) -> None:
        """Chooses the schedule and the smoothing.

        Args:
            refresh_every: optimiser steps between two refreshes; 1 to 100.
            kappa: share of the uniform walk, so that no walk has prior zero; 0.01 to 0.2.

        Raises:
            ValueError: an option is outside its range.
        """
        self.refresh_every = refresh_every
        self.kappa = kappa
        self._log_p_STV: Tensor | None = None

    def refresh(self, step: int, tables: Callable[[], Tensor]) -> None:
        if self._log_p_STV is None or step % self.refresh_every == 0:
            self._log_p_STV = tables().detach().cpu()

    def log_prior(
        self, trajectories: Sequence[Trajectory], symbols: Sequence[Sequence[int]]
    ) -> Tensor:
        log_uniform_N = torch.tensor(
            [-float(np.log([len(valid) for valid in t.valid]).sum()) for t in trajectories]
        )
        if self._log_p_STV is None or not trajectories:
            return log_uniform_N
        action_NT, mask_NT = map(torch.from_numpy, pad_actions(trajectories))
        log_mixture_N = mixture_log_prob(self._log_p_STV, action_NT, mask_NT)
        keep, smooth = math.log1p(-self.kappa), math.log(self.kappa)
        return torch.logaddexp(log_mixture_N + keep, log_uniform_N + smooth)

    def state_dict(self) -> dict[str, Any]:
        return {"log_p": self._log_p_STV}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._log_p_STV = state["log_p"]


def mixture_log_prob(log_p_STV: Tensor, action_NT: Tensor, mask_NT: Tensor) -> Tensor:
    """Returns the log of the mean over S of prod_t p_t(a_t|s), shape [N].

    Args:
        log_p_STV: finite log-probabilities of all actions at all steps, in every context.
        action_NT: N action sequences of at most T steps.
        mask_NT: True at real steps.
    """
    contexts, _, actions = log_p_STV.shape
    chosen_NTV = torch.nn.functional.one_hot(action_NT, actions) * mask_NT.unsqueeze(-1)
    log_p_SX = log_p_STV[:, : action_NT.shape[1]].flatten(1)
    log_p_NS = chosen_NTV.flatten(1).to(log_p_SX) @ log_p_SX.T
    return log_p_NS.logsumexp(1) - math.log(contexts)
