"""Log-probabilities over the valid actions of walks that are decoded together.

Legend: N walk, M slot of an action, V pair of a walk and a valid action.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sparse_rl.modules.transfer import transfer

Indices = npt.NDArray[np.int64]


def flat_options(options: Sequence[Sequence[int]]) -> tuple[Indices, Indices]:
    """Returns all pairs of a walk and an option; a walk without options has action 0."""
    filled = [actions or (0,) for actions in options]
    sizes = np.fromiter(map(len, filled), np.int64, len(filled))
    flat = np.fromiter(chain.from_iterable(filled), np.int64, sizes.sum())
    return np.repeat(np.arange(len(filled)), sizes), flat


def log_softmax_over(score_NM: Tensor, row_V: Indices, slot_V: Indices) -> Tensor:
    """Returns log-probabilities (N, M) over the given slots of every row; -inf at the others."""
    mask = np.zeros(score_NM.shape, np.bool_)
    mask[row_V, slot_V] = True
    valid_NM = transfer(torch.from_numpy(mask), score_NM.device)
    return score_NM.masked_fill(~valid_NM, -torch.inf).log_softmax(-1)
