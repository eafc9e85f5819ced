"""What the learner asks of a task's network: to score, draw and describe its programs.

Legend: B example, N trajectory or walk, M slot of an action.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from sparse_rl.errors import SparseRLError
from sparse_rl.exploration.gumbel import Region, Score
from sparse_rl.interpreters.world import Trajectory, World


class NetworkError(SparseRLError):
    """A network cannot do what an option asks for."""


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


class Network(ABC):
    """A task's policy together with what the learner needs to know of the task.

    Examples are of the task's own class; they have an `id`. A network is usable after `build`, or
    after `restore` from a checkpoint.
    """

    @abstractmethod
    def build(self, data: Any) -> Policy:
        """The policy before training; its size may depend on the data module's examples."""

    def prepare(self, data: Any, splits: Sequence[str]) -> None:  # noqa: B027
        """Computes once what policies need of the examples of some splits; nothing by default."""

    @abstractmethod
    def state_dict(self, policy: Any) -> dict[str, Any]:
        """All that `restore` needs besides the weights, in plain containers.

        The names "replay", "explored" and "prior" are the learner's.
        """

    @abstractmethod
    def restore(self, state: dict[str, Any]) -> Policy:
        """The policy of a checkpoint, before its weights are loaded."""

    @abstractmethod
    def world(self, example: Any) -> World:
        """Opens an example's world."""

    def tables(self, policy: Any, examples: Sequence[Any]) -> Tensor:
        """Log-probabilities (S, T, V) of all actions at all steps, for the mixture prior.

        Raises:
            NetworkError: the policy's probabilities depend on its earlier actions, or its actions
                on the example.
        """
        raise NetworkError(
            "set model.estimator.prior to template or energy: the programs of different examples "
            f"have no mixture with {type(self).__name__}"
        )

    @abstractmethod
    def answerable(self, example: Any) -> bool:
        """Whether any program of the example's world is rewarded."""

    def features(self, example: Any, trajectory: Trajectory) -> Sequence[float]:
        """What a program has in common with its example, in numbers, for auxiliary rewards.

        Raises:
            SparseRLError: the network knows no such numbers.
        """
        raise SparseRLError(
            "choose an estimator without an auxiliary reward: "
            f"{type(self).__name__} has no features of programs"
        )

    @abstractmethod
    def prediction(self, example: Any, trajectory: Trajectory, log_prob: float) -> dict[str, Any]:
        """A line of `predictions.jsonl`.

        It has at least the keys "id", "question", "program", "denotation", "reward" and
        "log_prob".
        """
