"""The interface of policies: networks that score and draw the programs of an example.

Legend: B example, N trajectory or walk, M slot of an action.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from sparse_rl.exploration.gumbel import Region, Score
from sparse_rl.interpreters.world import Trajectory


class Encoded(Protocol):
    """An encoded batch; its content is private to the policy."""

    def detach(self) -> Encoded: ...


class Stepper(Protocol):
    """The network side of N walks that are decoded together, one action at a time."""

    def log_probs(self, options: Sequence[Sequence[int]], /) -> Tensor:
        """Returns log-probabilities (N, M) over the options; slot 0 for walks that have ended."""
        ...

    def take(self, slots: list[int], /) -> list[int]:
        """Reads the chosen slots; returns their action ids, arbitrary for walks that have ended."""
        ...

    def select(self, index_N: Tensor, /) -> None:
        """Reorders the walks' states, within their examples."""
        ...

    def keep(self, rows: Sequence[int], /) -> None:
        """Keeps these walks only, at least one; called between `take` and `log_probs`."""
        ...


class Policy(nn.Module, ABC):
    """A network that defines a distribution over the programs of an example."""

    @property
    @abstractmethod
    def device(self) -> torch.device: ...

    def parameter_groups(self, lr: float) -> list[dict[str, Any]]:
        """Returns the optimiser's parameter groups; a group may have a rate other than `lr`."""
        return [{"params": list(self.parameters()), "lr": lr}]

    @abstractmethod
    def encode(self, examples: Sequence[Any]) -> Any:
        """Encodes B examples into the policy's kind of `Encoded`."""

    @abstractmethod
    def score(
        self, encoded: Any, trajectories: Sequence[Trajectory], examples: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        """Returns log-probabilities of given trajectories.

        Args:
            encoded: the batch.
            trajectories: N trajectories.
            examples: batch index of each trajectory's example.

        Returns:
            log pi(z|s) and the sum of the step entropies, both (N,).
        """

    def log_likelihood(
        self, encoded: Any, trajectories: Sequence[Trajectory], examples: Sequence[int]
    ) -> Tensor:
        """Returns what pre-training maximises for given trajectories, (N,): log pi(z|s) by default.

        A policy that writes programs in a vocabulary of its own counts every token of it.

        Args:
            encoded: the batch.
            trajectories: N trajectories.
            examples: batch index of each trajectory's example.
        """
        return self.score(encoded, trajectories, examples)[0]

    @abstractmethod
    def stepper(self, encoded: Any, examples: Sequence[int]) -> Stepper:
        """Returns a stepper of one walk per entry of `examples`, the batch index of its example."""

    def prefix_scorer(self, encoded: Any, examples: Sequence[int]) -> Score:
        """Returns a scorer of the next actions of regions, for searches in many examples.

        The default scores every next action as a trajectory of its own. A policy that keeps the
        states of its walks needs less work.

        Args:
            encoded: the batch.
            examples: batch index of each search's example.
        """

        @torch.no_grad()
        def score(requests: Sequence[tuple[int, Region]]) -> list[list[float]]:
            nexts = [
                (n, Trajectory((*region.actions, action), (*region.passed, region.valid), 0.0))
                for n, region in requests
                for action in region.valid
            ]
            owners = [examples[n] for n, _ in nexts]
            log_p_N, _ = self.score(encoded.detach(), [t for _, t in nexts], owners)
            log_probs = iter(log_p_N.tolist())
            scored = [[next(log_probs) for _ in region.valid] for _, region in requests]
            return [
                [value - region.log_prob for value in values]
                for values, (_, region) in zip(scored, requests, strict=True)
            ]

        return score
