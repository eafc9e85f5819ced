"""The auxiliary reward for mazes: many features, few parameters.

Legend: N walk, F feature, P parameter of the auxiliary reward, S symbol or move.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sparse_rl.estimators.score import RewardScore
from sparse_rl.interpreters.mazes.maze_features import MAZE_FEATURES, MOVES

SINGLES = MOVES**2


class TiedBigramScore(RewardScore):
    """A linear score of a walk's features; the bigram weights are tied to the unigram weights.

    The first 16 parameters are w(i, j) for symbol i and move j. The feature of a pair (a, b) of
    symbols and a pair (c, d) of moves has the weight phi[16] w(a, c) w(b, d) +
    phi[17] w(a, d) w(b, c), for moves in the symbols' order and in reverse.
    """

    size = SINGLES + 2

    def __call__(self, phi_P: Tensor, features_NF: Tensor) -> Tensor:
        if features_NF.shape[-1] != MAZE_FEATURES:
            raise ValueError(
                f"choose LinearScore: TiedBigramScore needs the {MAZE_FEATURES} features of "
                f"mazes, not {features_NF.shape[-1]}"
            )
        if len(phi_P) != self.size:
            raise ValueError(f"give phi {self.size} numbers for TiedBigramScore: got {len(phi_P)}")
        weight_SS = phi_P[:SINGLES].view(MOVES, MOVES)
        aligned = torch.einsum("ac,bd->abcd", weight_SS, weight_SS)
        crossed = torch.einsum("ad,bc->abcd", weight_SS, weight_SS)
        pairs = phi_P[SINGLES] * aligned + phi_P[SINGLES + 1] * crossed
        return features_NF @ torch.cat([phi_P[:SINGLES], pairs.flatten()])
