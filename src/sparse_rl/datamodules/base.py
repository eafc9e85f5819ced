"""What all data modules have in common: batches of examples, in an order that can be resumed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from sparse_rl import processes
from sparse_rl.datamodules.batches import BucketBatchSampler, ResumableLoader
from sparse_rl.seeds import seed_or_run_seed


class ExampleDataModule(pl.LightningDataModule, ABC):
    """Train, dev and test examples, handed out as lists.

    Args:
        batch_size: training examples a step, over all processes.
        eval_batch_size: examples per batch of validation and test; no effect on results.
        seed: order of the training examples; null for the run's (seed_everything).
        passes: how often an epoch goes through the training examples.

    Attributes:
        cache: folder of what is computed from the examples; None where nothing is kept.
    """

    splits = ("train", "dev", "test")
    cache: Path | None = None

    def __init__(
        self, batch_size: int, eval_batch_size: int, seed: int | None, passes: int = 1
    ) -> None:
        super().__init__()
        self.batch_size = batch_size
        self.eval_batch_size = eval_batch_size
        self.seed = seed_or_run_seed(seed)
        self.passes = passes
        self._order: BucketBatchSampler | None = None
        self._position: dict[str, Any] | None = None

    @abstractmethod
    def examples(self, split: str) -> list[Any]:
        """Examples of "train", "dev" or "test", of one class; each has an `id`."""

    @staticmethod
    def splits_of(stage: str) -> tuple[str, ...]:
        """What a stage of Lightning's trainer, such as "fit", reads."""
        return {"fit": ("train", "dev"), "validate": ("dev",)}.get(stage, ("test",))

    @abstractmethod
    def length(self, example: Any) -> int:
        """What an example is long: those of a batch are of similar length."""

    def fingerprint(self, split: str) -> str:
        """Key of the examples of a split; wanted where there is a `cache`."""
        raise NotImplementedError(f"give {type(self).__name__} a fingerprint, or no cache")

    def problems(self) -> Iterator[str]:
        """All that is wrong with the data, for `sparse-rl check`; here none are looked for."""
        return iter(())

    def transfer_batch_to_device(
        self, batch: list[Any], device: torch.device, dataloader_idx: int
    ) -> list[Any]:
        """Examples hold no tensors; the policy moves what it makes of them."""
        return batch

    def train_dataloader(self) -> DataLoader[list[Any]]:
        examples = self.examples("train")
        order = BucketBatchSampler(
            [self.length(e) for e in examples],
            self.batch_size,
            self.seed,
            mine=[processes.is_mine(e.id) for e in examples] if processes.count() > 1 else None,
            passes=self.passes,
        )
        if self._position is not None:
            order.load_state_dict(self._position)
            self._position = None
        self._order = order
        return ResumableLoader(examples, order)

    def state_dict(self) -> dict[str, Any]:
        """How far training has come in its epoch."""
        return self._order.state_dict() if self._order else {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        # Lightning 2.6 also keeps the loader's own state, but does not restore it where a
        # learning rate schedule has asked for the number of steps before.
        self._position = state_dict

    def val_dataloader(self) -> DataLoader[list[Any]]:
        return self._evaluation("dev")

    def test_dataloader(self) -> DataLoader[list[Any]]:
        return self._evaluation("test")

    def predict_dataloader(self) -> DataLoader[list[Any]]:
        return self._evaluation("test")

    def _evaluation(self, split: str) -> DataLoader[list[Any]]:
        # Lightning makes another loader of it for `predict`, so it must be a plain one.
        return DataLoader(
            processes.share_of(self.examples(split)),  # type: ignore[arg-type]
            batch_size=self.eval_batch_size,
            collate_fn=list,
            generator=torch.Generator(),
        )
