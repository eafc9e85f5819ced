"""Base of all data modules: batches of examples, in a resumable order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from sparse_rl import processes
from sparse_rl.bounds import Count, Seed, bounded
from sparse_rl.datamodules.batches import BucketBatchSampler, ResumableLoader
from sparse_rl.datamodules.shares import PartsOfBatches, Shares
from sparse_rl.errors import DataError
from sparse_rl.seeds import seed_or_run_seed


class ExampleDataModule(pl.LightningDataModule, ABC):
    """Train, dev and test examples, in batches that are lists.

    Args:
        batch_size: training examples per step, over all processes.
        eval_batch_size: examples per batch of validation and test; no effect on results.
        seed: seed of the order of training examples; null for the run's (seed_everything).
        passes: passes through the training examples per epoch.

    Attributes:
        cache: folder of results computed from the examples; None to keep none.
    """

    splits = ("train", "dev", "test")
    cache: Path | None = None

    @bounded
    def __init__(
        self, batch_size: Count, eval_batch_size: Count, seed: Seed | None, passes: Count = 1
    ) -> None:
        super().__init__()
        self.batch_size = batch_size
        self.eval_batch_size = eval_batch_size
        self.seed = seed_or_run_seed(seed)
        self.passes = passes
        self._order: BucketBatchSampler | None = None
        self._position: dict[str, Any] | None = None

    @abstractmethod
    def examples(self, split: str) -> Sequence[Any]:
        """Returns the examples of "train", "dev" or "test", of one class; each has an `id`."""

    def each(self, split: str) -> Iterator[Any]:
        """Yields the examples, for whom all of them need not be in memory."""
        return iter(self.examples(split))

    def ids(self, split: str) -> list[str]:
        """Returns the ids of the examples."""
        return [example.id for example in self.examples(split)]

    def lengths(self, split: str) -> list[int]:
        """Returns the `length` of every example."""
        return [self.length(example) for example in self.examples(split)]

    @cached_property
    def shares(self) -> Shares:
        """The dealing of the training examples to processes."""
        return Shares(self.ids("train"))

    def scored(self, split: str) -> Sequence[Any]:
        """Returns the examples that can be right or wrong, for validation and test: by default all.

        Predictions are made for all examples.
        """
        return self.examples(split)

    @staticmethod
    def splits_of(stage: str) -> tuple[str, ...]:
        """Returns the splits that a stage of Lightning's trainer, such as "fit", reads."""
        return {"fit": ("train", "dev"), "validate": ("dev",)}.get(stage, ("test",))

    @abstractmethod
    def length(self, example: Any) -> int:
        """Returns the length of an example; batches have examples of similar length."""

    def fingerprint(self, split: str) -> str:
        """Returns a key of a split's examples; needed with a `cache`."""
        raise DataError(f"give {type(self).__name__} a fingerprint, or no cache")

    def contents(self, split: str) -> dict[str, str]:
        """Returns digests of a split's parts by name, such as "answers"; by default none.

        A checkpoint keeps those of its training, which is resumed with the same data only.
        """
        return {}

    def problems(self) -> Iterator[str]:
        """Yields all problems of the data, for `sparse-rl check`; by default none."""
        return iter(())

    def notes(self) -> Iterator[str]:
        """Yields choices made in reading the data, for `sparse-rl check`; by default none."""
        return iter(())

    def transfer_batch_to_device(
        self, batch: list[Any], device: torch.device, dataloader_idx: int
    ) -> list[Any]:
        """Returns the batch as it is: examples hold no tensors, the policy moves its own."""
        return batch

    def train_dataloader(self) -> DataLoader[list[Any]]:
        order = BucketBatchSampler(
            self.lengths("train"),
            self.batch_size,
            self.seed,
            order=self.shares.order,
            passes=self.passes,
        )
        if self._position is not None:
            order.load_state_dict(self._position)
            self._position = None
        self._order = order
        return ResumableLoader(PartsOfBatches(self.examples("train"), self.shares), order)

    def state_dict(self) -> dict[str, Any]:
        """Position of training in its epoch."""
        return self._order.state_dict() if self._order else {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        # Lightning 2.6 also saves the loader's own state, but does not restore it if a
        # learning rate schedule has asked for the number of steps before.
        self._position = state_dict

    def val_dataloader(self) -> DataLoader[list[Any]]:
        return self._evaluation(self.scored("dev"))

    def test_dataloader(self) -> DataLoader[list[Any]]:
        return self._evaluation(self.scored("test"))

    def predict_dataloader(self) -> DataLoader[list[Any]]:
        return self._evaluation(self.examples("test"))

    def _evaluation(self, examples: Sequence[Any]) -> DataLoader[list[Any]]:
        # Lightning rebuilds this loader for `predict`, so it must be a plain one.
        return DataLoader(
            processes.share_of(examples),  # type: ignore[arg-type]
            batch_size=self.eval_batch_size,
            collate_fn=list,
            generator=torch.Generator(),
        )
