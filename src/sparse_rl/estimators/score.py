"""Scores of a program's features, for the auxiliary reward of MeRL and BoRL.

Legend: N trajectory in the flat batch, F feature, P parameter of the auxiliary reward.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor

from sparse_rl.bounds import OptionError


class RewardScore(ABC):
    """A score of programs with parameters phi, learned or chosen.

    Attributes:
        size: number of parameters; None for the number of features.
    """

    size: int | None = None

    @abstractmethod
    def __call__(self, phi_P: Tensor, features_NF: Tensor) -> Tensor:
        """Returns scores [N], differentiable in phi.

        Raises:
            ValueError: phi or the features have a wrong length.
        """


class LinearScore(RewardScore):
    """features . phi."""

    def __call__(self, phi_P: Tensor, features_NF: Tensor) -> Tensor:
        if phi_P.shape != features_NF.shape[-1:]:
            raise OptionError(
                f"give phi {features_NF.shape[-1]} numbers, one for each feature: got {len(phi_P)}"
            )
        return features_NF @ phi_P
