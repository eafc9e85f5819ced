"""The auxiliary reward for mazes, with few numbers for many features.

Legend: N walk, F feature, P number of the auxiliary reward, S symbol or move.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sparse_rl.estimators.score import RewardScore
from sparse_rl.interpreters.mazes.maze_features import MAZE_FEATURES, MOVES

SINGLES = MOVES**2


class TiedBigramScore(RewardScore):
    """Linear in the features of a walk, with weights of pairs that are tied to those of singles.

    The first 16 numbers are w(i, j) for symbol i and move j. The features of a pair (a, b) of
    symbols and a pair (c, d) of moves have the weight phi[16] w(a, c) w(b, d) +
    phi[17] w(a, d) w(b, c): what is said in order or crosswise.
    """

    size = SINGLES + 2

    def __call__(self, phi_P: Tensor, features_NF: Tensor) -> Tensor:
        if features_NF.shape[-1] != MAZE_FEATURES:
            raise ValueError(
                f"choose LinearScore: TiedBigramScore is for the {MAZE_FEATURES} features of "
                f"mazes, not for {features_NF.shape[-1]}"
            )
        if len(phi_P) != self.size:
            raise ValueError(f"give phi {self.size} numbers for TiedBigramScore: got {len(phi_P)}")
        weight_SS = phi_P[:SINGLES].view(MOVES, MOVES)
        aligned = torch.einsum("ac,bd->abcd", weight_SS, weight_SS)
        crossed = torch.einsum("ad,bc->abcd", weight_SS, weight_SS)
        pairs = phi_P[SINGLES] * aligned + phi_P[SINGLES + 1] * crossed
        return features_NF @ torch.cat([phi_P[:SINGLES], pairs.flatten()])
