"""What a policy is: a network that scores and draws the programs of an example.

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
    """An encoded batch; what is in it is the policy's affair."""

    def detach(self) -> Encoded: ...


class Stepper(Protocol):
    """The network side of N walks that are decoded together, one action at a time."""

    def log_probs(self, options: Sequence[Sequence[int]], /) -> Tensor:
        """Log-probabilities (N, M) over the options; slot 0 for walks that have ended."""
        ...

    def take(self, slots: list[int], options: Sequence[Sequence[int]], /) -> list[int | None]:
        """Reads the chosen slots; returns the action ids, None for walks that have ended."""
        ...

    def select(self, index_N: Tensor, /) -> None:
        """Reorders the walks' states, within their examples."""
        ...

    def keep(self, rows: Sequence[int], /) -> None:
        """Goes on with these walks only, at least one; called between `take` and `log_probs`."""
        ...


class Policy(nn.Module, ABC):
    """A network that gives the programs of an example their probabilities."""

    @property
    @abstractmethod
    def device(self) -> torch.device: ...

    def parameter_groups(self, lr: float) -> list[dict[str, Any]]:
        """What an optimiser trains at the learning rate `lr`, and what at one of its own."""
        return [{"params": list(self.parameters()), "lr": lr}]

    @abstractmethod
    def encode(self, examples: Sequence[Any]) -> Any:
        """Encodes B examples into the policy's kind of `Encoded`."""

    @abstractmethod
    def score(
        self, encoded: Any, trajectories: Sequence[Trajectory], examples: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        """Log-probabilities of given trajectories.

        Args:
            encoded: the batch.
            trajectories: N of them.
            examples: batch index of each one's example.

        Returns:
            log pi(z|s) and the sum of the step entropies, both (N,).
        """

    @abstractmethod
    def stepper(self, encoded: Any, examples: Sequence[int]) -> Stepper:
        """Begins one walk per entry of `examples`, the batch index of its example."""

    def prefix_scorer(self, encoded: Any, examples: Sequence[int]) -> Score:
        """Scores the next actions of regions for searches in many examples.

        This one scores every next action as a trajectory of its own. A policy that keeps the
        states of its walks does it with less work.

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
