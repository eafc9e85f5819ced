"""What the learner must know of a domain: its worlds, its policy, and how programs are shown.

Legend: S example, T step, V action.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from sparse_rl.errors import SparseRLError
from sparse_rl.interpreters.world import Trajectory, World
from sparse_rl.modules.policy import Policy


class TaskError(SparseRLError):
    """A network cannot do what an option asks for."""


class Task(ABC):
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
            TaskError: the policy's probabilities depend on its earlier actions, or its actions
                on the example.
        """
        raise TaskError(
            "set model.estimator.prior to TemplatePrior or EnergyPrior: the programs of different "
            f"examples have no mixture with {type(self).__name__}"
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
