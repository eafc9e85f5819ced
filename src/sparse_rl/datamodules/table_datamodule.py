"""What all LightningDataModules of questions over tables have in common."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities import rank_zero_warn
from torch.utils.data import DataLoader

from sparse_rl import processes
from sparse_rl.datamodules.batches import BucketBatchSampler, ResumableLoader
from sparse_rl.datamodules.example_cache import cached_examples
from sparse_rl.interpreters.example import Example
from sparse_rl.interpreters.language import Language
from sparse_rl.interpreters.program import Program


def default_cache() -> Path:
    """`SPARSE_RL_CACHE`, or a folder in the user's cache."""
    return Path(os.environ.get("SPARSE_RL_CACHE", "~/.cache/sparse_rl")).expanduser()


class TableDataModule(pl.LightningDataModule):
    """Examples of train, dev and test, read at the first use and cached; their batches.

    A dataset says how a split is read (`preprocess`), what that depends on (`compute_digest`), and
    how a prediction is handed in (`submission_line`).

    Args:
        root: the dataset's folder.
        language: of the programs.
        batch_size: training examples a step, over all processes.
        eval_batch_size: examples per batch of validation and test; no effect on results.
        limit: use only the first so many questions of every split; 0 for all.
        cache: where preprocessed examples are kept; `SPARSE_RL_CACHE` or ~/.cache/sparse_rl.
        seed: order of the training examples.

    Attributes:
        submission_name: file that `predict` writes the submissions into.
    """

    submission_name: str

    def __init__(
        self,
        root: str,
        language: Language,
        batch_size: int,
        eval_batch_size: int,
        limit: int,
        cache: str | None,
        seed: int,
    ) -> None:
        super().__init__()
        self.root = Path(root)
        self.language = language
        self.batch_size = batch_size
        self.eval_batch_size = eval_batch_size
        self.limit = limit
        self.cache = Path(cache) if cache else default_cache()
        self.seed = seed
        self._examples: dict[str, list[Example]] = {}
        self._digests: dict[str, str] = {}
        self._order: BucketBatchSampler | None = None
        self._position: dict[str, Any] | None = None

    @abstractmethod
    def preprocess(self, split: str) -> list[Example]:
        """Reads the files of "train", "dev" or "test".

        Raises:
            DataError: a file is missing or malformed.
        """

    @abstractmethod
    def compute_digest(self, split: str) -> str:
        """Key of what `preprocess` gives, from the files' content; also the cache's folder name.

        Raises:
            DataError: a file is missing.
        """

    def digest(self, split: str) -> str:
        """`compute_digest`, once: a run goes on with what it has read."""
        if split not in self._digests:
            self._digests[split] = self.compute_digest(split)
        return self._digests[split]

    @abstractmethod
    def submission_line(self, example: Example, program: Program, denotation: Sequence[Any]) -> str:
        """A prediction as the dataset's own evaluation reads it, on one line."""

    def examples(self, split: str) -> list[Example]:
        """Examples of "train", "dev" or "test"; read at the first call.

        Raises:
            DataError: a file is missing or malformed.
        """
        if split not in self._examples:
            examples = cached_examples(
                self.cache / self.digest(split), lambda: self.preprocess(split)
            )
            self._examples[split] = examples[: self.limit or None]
            self._report_unread(split)
        return self._examples[split]

    def _report_unread(self, split: str) -> None:
        """Says how many cells of number columns could not be read as numbers."""
        tables = {id(e.table): e.table for e in self._examples[split]}.values()
        unread = sum(table.unread_numbers for table in tables)
        if unread:
            rank_zero_warn(
                f"{split}: {unread} cells of number columns are no numbers and have no value; make "
                "their columns text columns if they matter"
            )

    def fingerprint(self, split: str) -> str:
        """Key of the examples of a split, for caches of what is computed from them."""
        return f"{self.digest(split)} {self.limit}"

    def setup(self, stage: str) -> None:
        wanted = {"fit": ("train", "dev"), "validate": ("dev",)}.get(stage, ("test",))
        with processes.first_one_first():
            for split in wanted:
                self.examples(split)
        if stage == "fit":
            # It ends with a test: a missing test file must not show after the training.
            self.digest("test")

    def transfer_batch_to_device(
        self, batch: list[Example], device: torch.device, dataloader_idx: int
    ) -> list[Example]:
        """Examples hold no tensors; the policy moves what it makes of them."""
        return batch

    def train_dataloader(self) -> DataLoader[list[Example]]:
        examples = self.examples("train")
        order = BucketBatchSampler(
            [len(e.tokens) for e in examples],
            self.batch_size,
            self.seed,
            mine=[processes.is_mine(e.id) for e in examples] if processes.count() > 1 else None,
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

    def val_dataloader(self) -> DataLoader[list[Example]]:
        return self._evaluation("dev")

    def test_dataloader(self) -> DataLoader[list[Example]]:
        return self._evaluation("test")

    def predict_dataloader(self) -> DataLoader[list[Example]]:
        return self._evaluation("test")

    def _evaluation(self, split: str) -> DataLoader[list[Example]]:
        # Lightning makes another loader of it for `predict`, so it must be a plain one.
        return DataLoader(
            processes.share_of(self.examples(split)),  # type: ignore[arg-type]
            batch_size=self.eval_batch_size,
            collate_fn=list,
            generator=torch.Generator(),
        )
