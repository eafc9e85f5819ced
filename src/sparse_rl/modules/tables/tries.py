"""Tries of sequences with common prefixes.

Legend: N sequence, T step, P node.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sparse_rl.modules.masking import Indices


@dataclass(frozen=True)
class Tries:
    """The distinct prefixes of N sequences, one trie per group, numbered level by level.

    Attributes:
        node_NT: node of the prefix before each step; 0 at steps left out.
        row_P: one of the sequences that pass the node.
        step_P: the node's level, which is the length of its prefix.
        above_P: place of the parent in the level above; a root's group.
        sizes_T: nodes per level, down to the last non-empty level.
    """

    node_NT: Indices
    row_P: Indices
    step_P: Indices
    above_P: Indices
    sizes_T: Indices


def tries(action_NT: Indices, group_N: Indices, kept_NT: npt.NDArray[np.bool_]) -> Tries:
    """Numbers the prefixes.

    Args:
        action_NT: the sequences, padded to one length.
        group_N: group of each sequence; only sequences of a group share nodes.
        kept_NT: True at steps to keep: an initial part of each sequence; all or none of the steps
            with the same prefix.
    """
    # In this order sequences with common prefixes are neighbours.
    order_N = np.lexsort((*action_NT.T[::-1], group_N))
    sorted_NT, group_N = action_NT[order_N], group_N[order_N]
    new_NT = np.ones(action_NT.shape, np.bool_)
    new_NT[1:, 0] = group_N[1:] != group_N[:-1]
    new_NT[1:, 1:] = sorted_NT[1:, :-1] != sorted_NT[:-1, :-1]
    new_NT = np.logical_or.accumulate(new_NT, 1) & kept_NT[order_N]
    within_NT = new_NT.cumsum(0) - 1
    sizes_T = new_NT.sum(0)
    step_P, row_P = new_NT.T.nonzero()
    above_P = np.where(step_P > 0, within_NT[row_P, step_P - 1], group_N[row_P])
    node_NT = np.zeros_like(action_NT)
    node_NT[order_N] = within_NT + sizes_T.cumsum() - sizes_T
    node_NT[~kept_NT] = 0
    return Tries(node_NT, order_N[row_P], step_P, above_P, sizes_T[sizes_T > 0])
