"""Data module of any worlds: lists of examples, or worlds by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sparse_rl.datamodules.base import ExampleDataModule
from sparse_rl.datamodules.contents import digest
from sparse_rl.datamodules.splits import checked_splits
from sparse_rl.interpreters.world import World, WorldExample

Worlds = Sequence[WorldExample] | Mapping[str, World]
"""Examples, or worlds by id, of which the policy sees only the valid actions."""


def world_examples(worlds: Worlds) -> list[WorldExample]:
    """Converts worlds to examples."""
    if isinstance(worlds, Mapping):
        return [WorldExample(id_, world) for id_, world in worlds.items()]
    return list(worlds)


class WorldsDataModule(ExampleDataModule):
    """Worlds for training, validation and test.

    Args:
        train: worlds for training.
        dev: worlds for validation; without any, the training worlds.
        test: worlds for the test; without any, the dev worlds.
        batch_size: training worlds per step, over all processes.
        eval_batch_size: worlds per batch of validation and test; no effect on results.
        seed: seed of the order of training worlds; None for the run's (seed_everything).
        passes: passes through the training worlds per epoch.

    Raises:
        DataError: there are no training worlds, or two worlds of a split have the same id.
    """

    def __init__(
        self,
        train: Worlds,
        dev: Worlds = (),
        test: Worlds = (),
        batch_size: int = 32,
        eval_batch_size: int = 256,
        seed: int | None = None,
        passes: int = 1,
    ) -> None:
        super().__init__(batch_size, eval_batch_size, seed, passes)
        kind = "WorldExamples, or as a mapping of ids to worlds"
        trained, chosen, tested = map(world_examples, (train, dev, test))
        self._examples = checked_splits(trained, chosen, tested, WorldExample, kind)

    def examples(self, split: str) -> list[WorldExample]:
        """Returns the examples of "train", "dev" or "test"."""
        return self._examples[split]

    def contents(self, split: str) -> dict[str, str]:
        """Returns a digest of ids and questions: the worlds themselves may be any objects."""
        return {"questions": digest((e.id, e.question) for e in self.examples(split))}

    def length(self, example: WorldExample) -> int:
        return len(example.question)
