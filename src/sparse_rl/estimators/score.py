"""What the auxiliary reward of MeRL and BoRL makes of a program's features.

Legend: N trajectory in the flat batch, F feature, P number of the auxiliary reward.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor


class RewardScore(ABC):
    """A score of programs with numbers phi to be learned or chosen.

    Attributes:
        size: how many numbers there are; None for as many as there are features.
    """

    size: int | None = None

    @abstractmethod
    def __call__(self, phi_P: Tensor, features_NF: Tensor) -> Tensor:
        """Scores [N], differentiable in phi.

        Raises:
            ValueError: phi or the features do not have the length that the score needs.
        """


class LinearScore(RewardScore):
    """features . phi."""

    def __call__(self, phi_P: Tensor, features_NF: Tensor) -> Tensor:
        if phi_P.shape != features_NF.shape[-1:]:
            raise ValueError(
                f"give phi {features_NF.shape[-1]} numbers, one for each feature: got {len(phi_P)}"
            )
        return features_NF @ phi_P
