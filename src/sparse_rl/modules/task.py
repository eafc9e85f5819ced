"""The learner's interface to a domain: its worlds, its policy, and predictions.

Legend: S example, T step, V action.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from torch import Tensor

from sparse_rl.errors import CheckpointError, SparseRLError
from sparse_rl.exploration.budget import Budget
from sparse_rl.exploration.domain import Domain, ExampleT
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.policy import Policy

PolicyT = TypeVar("PolicyT", bound=Policy)


# Options among a task's sizes that change no weight's shape.
NO_SIZES = ("dropout", "word_dropout")


class TaskError(SparseRLError):
    """A task does not support an option."""


class Task(Domain[ExampleT], Generic[ExampleT, PolicyT]):
    """A domain with its policy.

    A task must define `world`, `build`, `state_dict` and `restore`; the rest has defaults. Its
    policy is usable after `build`, or after `restore` from a checkpoint.
    """

    @abstractmethod
    def build(self, data: Any) -> PolicyT:
        """Builds a policy for training; its size may depend on the data module's examples."""

    def prepare(self, data: Any, splits: Sequence[str]) -> None:
        """Precomputes inputs of the policy for the examples of some splits; default: none."""

    @abstractmethod
    def state_dict(self, policy: PolicyT) -> dict[str, Any]:
        """Returns the state that `restore` needs besides the weights, in plain containers.

        The names "task", "replay", "explored", "prior", "estimator" and "data" are reserved.
        """

    @abstractmethod
    def restore(self, state: dict[str, Any]) -> PolicyT:
        """Builds the policy of a checkpoint, before its weights are loaded."""

    def initial_state(self, state: Mapping[str, Any], data: Any) -> dict[str, Any]:
        """Returns the state that `restore` builds a new training's policy from.

        By default the checkpoint's, with the dropout of this task's options.

        Args:
            state: the checkpoint's `state_dict`.
            data: the data module of the new training.

        Raises:
            TaskError: the options or the data need a policy of other sizes.
        """
        mine: Mapping[str, Any] = getattr(self, "sizes", {})
        sizes = state.get("sizes", {})
        check_same(sizes, mine, "model.task")
        kept = {name: mine[name] for name in NO_SIZES if name in mine}
        return {**state, "sizes": {**sizes, **kept}}

    def initial_weights(
        self, state: Mapping[str, Any], weights: dict[str, Tensor], policy: PolicyT
    ) -> dict[str, Tensor]:
        """Returns the weights that a new training's policy begins with; the checkpoint's.

        Args:
            state: the checkpoint's `state_dict`.
            weights: the policy's weights in the checkpoint.
            policy: the new policy, with initial weights.
        """
        return weights

    def check_programs(self, state: Mapping[str, Any], where: str) -> None:
        """Checks that the programs of a checkpoint mean the same in this task.

        Args:
            state: the checkpoint's `state_dict`.
            where: the checkpoint, for the error.

        Raises:
            DataError: the action ids of the programs mean something else in this task.
        """

    def answerable(self, example: ExampleT, budget: Budget) -> bool | None:
        """Whether any program of the example's world is rewarded; None if the budget ends first."""
        found = self.exhaustive(example, 1, budget)
        return True if found.programs else (False if found.complete else None)

    def dev_figures(self, data: Any) -> Mapping[str, float]:
        """Returns figures of dev that a training logs as `val/NAME`; none by default."""
        return {}

    def step_log_probs(self, policy: PolicyT, examples: Sequence[ExampleT]) -> Tensor:
        """Returns log-probabilities (S, T, V) of all actions at all steps, for the mixture prior.

        Raises:
            TaskError: the policy's probabilities depend on earlier actions, or the action ids
                on the example.
        """
        raise TaskError(
            "set model.estimator.prior to TemplatePrior or EnergyPrior: the programs of different "
            f"examples have no mixture with {type(self).__name__}"
        )

    def features(self, example: ExampleT, trajectory: Trajectory) -> Sequence[float]:
        """Returns features of a program with its example, for auxiliary rewards.

        Raises:
            TaskError: the task has no features.
        """
        raise TaskError(
            "choose an estimator without an auxiliary reward: "
            f"{type(self).__name__} has no features of programs"
        )

    def prediction(
        self, example: ExampleT, trajectory: Trajectory, log_prob: float
    ) -> dict[str, Any]:
        """Returns a line of `predictions.jsonl`.

        It has at least the keys "id", "question", "program", "denotation", "reward" and
        "log_prob". By default the denotation is the program itself.
        """
        program = self.format_program(example, trajectory.actions)
        id_: str = example.id  # type: ignore[attr-defined]
        return {
            "id": id_,
            "question": id_,
            "program": program,
            "denotation": [program],
            "reward": trajectory.reward,
            "log_prob": log_prob,
        }


def check_same(wanted: Mapping[str, Any], mine: Mapping[str, Any], options: str) -> None:
    """Checks that the options of a new policy are those of the checkpoint that it begins with.

    Raises:
        TaskError: an option differs.
    """
    for name, value in wanted.items():
        if name not in NO_SIZES and name in mine and mine[name] != value:
            raise TaskError(
                f"set {options}.{name} to {value}, as in the checkpoint of --init_from: here it is "
                f"{mine[name]}"
            )


def check_examples(task: Task[Any, Any], data: Any, kind: type) -> None:
    """Checks that a data module has a task's kind of examples.

    Raises:
        TaskError: its examples are of another class.
    """
    example = next(iter(data.examples("dev")), None)
    if not isinstance(example, kind | None):
        raise TaskError(
            f"choose a task for {type(data).__name__}: {type(task).__name__} is for examples of "
            f"{kind.__name__}, and these are of {type(example).__name__}"
        )


def task_name(task: Task[Any, Any]) -> str:
    """Returns the name of the task's class in checkpoints."""
    return f"{type(task).__module__}.{type(task).__qualname__}"


def check_task(state: Mapping[str, Any], task: Task[Any, Any]) -> None:
    """Checks that a checkpoint is of this task; checkpoints of version 0.1 name no task.

    Raises:
        CheckpointError: the checkpoint was written by a task of another class.
    """
    written_by, name = str(state.get("task", task_name(task))), task_name(task)
    if written_by != name:
        raise CheckpointError(
            f"set model.task to {written_by.rpartition('.')[2]}: the checkpoint was trained with "
            f"{written_by}, and this run has {name}"
        )


def check_sizes(state: Mapping[str, Any], task: Task[Any, Any], where: str) -> None:
    """Checks that a training goes on with the sizes of its checkpoint.

    Raises:
        CheckpointError: a size is another one.
    """
    mine: Mapping[str, Any] = getattr(task, "sizes", {})
    theirs = state.get("sizes", {})
    # Words with frozen vectors have the width of their file.
    free = {*NO_SIZES, *(["embedding"] if theirs.get("frozen_words") else [])}
    for name, value in theirs.items():
        if name not in free and mine.get(name, value) != value:
            raise CheckpointError(
                f"set model.task.{name} to {value}, as in {where}: here it is {mine[name]}"
            )
