"""Data module of prompts with verifiable rewards."""

from __future__ import annotations

from collections.abc import Sequence

from sparse_rl.datamodules.base import ExampleDataModule
from sparse_rl.datamodules.contents import digest
from sparse_rl.datamodules.splits import checked_splits
from sparse_rl.interpreters.prompts import Prompt


class PromptsDataModule(ExampleDataModule):
    """Prompts for training, validation and test.

    Args:
        train: prompts for training.
        dev: prompts for validation; without any, those of training.
        test: prompts for the test; without any, those of validation.
        batch_size: training prompts per step, over all processes.
        eval_batch_size: prompts per batch of validation and test; no effect on results.
        seed: seed of the order of training prompts; None for the run's (seed_everything).
        passes: passes through the training prompts per epoch.

    Raises:
        DataError: there are no training prompts, or two prompts of a split have the same id.
    """

    def __init__(
        self,
        train: Sequence[Prompt],
        dev: Sequence[Prompt] = (),
        test: Sequence[Prompt] = (),
        batch_size: int = 8,
        eval_batch_size: int = 64,
        seed: int | None = None,
        passes: int = 1,
    ) -> None:
        super().__init__(batch_size, eval_batch_size, seed, passes)
        self._examples = checked_splits(train, dev, test, Prompt, "Prompts")

    def examples(self, split: str) -> list[Prompt]:
        """Returns the prompts of "train", "dev" or "test"."""
        return self._examples[split]

    def contents(self, split: str) -> dict[str, str]:
        """Returns a digest of ids and texts: the rewards are functions."""
        return {"prompts": digest((e.id, e.text) for e in self.examples(split))}

    def length(self, example: Prompt) -> int:
        return len(example.text)
