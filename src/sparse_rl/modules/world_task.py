"""The task of any worlds, by the protocol `World` alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparse_rl.bounds import Dropout, Width, bounded
from sparse_rl.datamodules.worlds import Worlds, WorldsDataModule
from sparse_rl.interpreters.world import Trajectory, World, WorldExample
from sparse_rl.modules.sequence import SequencePolicy
from sparse_rl.modules.task import Task, TaskError, check_examples


class WorldTask(Task[WorldExample, SequencePolicy]):
    """Worlds with a `SequencePolicy`, for data modules of `WorldExample`s.

    Subclass it to give a domain its own policy (`build`, `restore`), features for auxiliary
    rewards, a faster exhaustive search, or more detailed predictions.

    Args:
        worlds: training worlds: examples, or worlds by id. None where a data module has them.
        dev: worlds that choose the checkpoint; by default the training worlds.
        test: test worlds; by default the dev worlds.
        embedding: width of the vectors of words and actions; 16 to 128.
        hidden: width of the GRUs; 32 to 256.
        dropout: 0 to .3.

    Attributes:
        data: the worlds as a data module; None without `worlds`.
    """

    @bounded
    def __init__(
        self,
        worlds: Worlds | None = None,
        dev: Worlds = (),
        test: Worlds = (),
        embedding: Width = 32,
        hidden: Width = 64,
        dropout: Dropout = 0.0,
    ) -> None:
        self.data = None if worlds is None else WorldsDataModule(worlds, dev, test)
        self.sizes: dict[str, Any] = {"embedding": embedding, "hidden": hidden, "dropout": dropout}

    def world(self, example: WorldExample) -> World:
        return example.world

    def attach(self, data: Any) -> None:
        """Checks the kind of the examples.

        Raises:
            TaskError: the data have other examples.
        """
        check_examples(self, data, WorldExample)

    def build(self, data: Any) -> SequencePolicy:
        words = sorted({word for e in data.examples("train") for word in e.question})
        return SequencePolicy(_num_actions(data), words, **self.sizes)

    def state_dict(self, policy: SequencePolicy) -> dict[str, Any]:
        return {
            "num_actions": policy.num_actions,
            "words": list(policy.words),
            "sizes": dict(self.sizes),
        }

    def restore(self, state: dict[str, Any]) -> SequencePolicy:
        self.sizes = state["sizes"]
        return SequencePolicy(state["num_actions"], state["words"], **self.sizes)

    def initial_state(self, state: Mapping[str, Any], data: Any) -> dict[str, Any]:
        number = _num_actions(data)
        if number != state["num_actions"]:
            raise TaskError(
                f"begin without --init_from: its policy has {state['num_actions']} actions, and "
                f"these worlds have {number}"
            )
        return super().initial_state(state, data)

    def prediction(
        self, example: WorldExample, trajectory: Trajectory, log_prob: float
    ) -> dict[str, Any]:
        line = super().prediction(example, trajectory, log_prob)
        return {**line, "question": " ".join(example.question) or example.id}


def _num_actions(data: Any) -> int:
    examples = [e for split in ("train", "dev", "test") for e in data.examples(split)]
    return max(len(e.world.symbols) for e in examples)
