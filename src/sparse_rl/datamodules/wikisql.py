"""WikiSQL in its public release format as a LightningDataModule."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities import rank_zero_warn
from torch.utils.data import DataLoader

from sparse_rl import processes
from sparse_rl.datamodules.batches import BucketBatchSampler, ResumableLoader
from sparse_rl.datamodules.wikisql_format import (
    execute,
    missing_file,
    read_questions,
    read_tables,
)
from sparse_rl.interpreters.answers import ListAnswer
from sparse_rl.interpreters.constants import Constant, find_constants
from sparse_rl.interpreters.example import Example
from sparse_rl.interpreters.language import Language, wikisql_language
from sparse_rl.interpreters.table import Table
from sparse_rl.interpreters.text import tokenize

# Part of the cache's key: raise it whenever preprocessing changes what it computes.
PREPROCESSING_VERSION = 3


def default_cache() -> Path:
    """`SPARSE_RL_CACHE`, or a folder in the user's cache."""
    return Path(os.environ.get("SPARSE_RL_CACHE", "~/.cache/sparse_rl")).expanduser()


def preprocess(root: Path, split: str) -> list[Example]:
    """Reads a split, executes its gold SQL for the answers, and finds the constants.

    Raises:
        DataError: see `wikisql_format`.
    """
    tables = read_tables(root / f"{split}.tables.jsonl")
    examples = []
    for question in read_questions(root / f"{split}.jsonl", split, tables):
        table = tables[question.table_id]
        tokens = tokenize(question.text)
        examples.append(
            Example(
                question.id,
                question.text,
                tuple(token.text for token in tokens),
                table,
                find_constants(question.text, tokens, table),
                None if question.query is None else ListAnswer(execute(question.query, table)),
            )
        )
    return examples


def split_digest(root: Path, split: str) -> str:
    """Key of a split's preprocessed form: the content of its files and what is done with them.

    Raises:
        DataError: one of the files is missing.
    """
    digest = hashlib.sha256(f"wikisql {PREPROCESSING_VERSION} {split}".encode())
    for path in (root / f"{split}.jsonl", root / f"{split}.tables.jsonl"):
        if not path.is_file():
            raise missing_file(path)
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def load_split(root: Path, split: str, cache: Path) -> list[Example]:
    """`preprocess`, from an Arrow cache keyed by the content of the files.

    Raises:
        DataError: see `wikisql_format`.
    """
    import datasets  # Late: it is slow to import, and only this function needs it.

    datasets.disable_progress_bars()
    folder = cache / f"wikisql-{split}-{split_digest(root, split)}"
    if not folder.is_dir():
        examples = preprocess(root, split)
        partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
        datasets.Dataset.from_list(_table_records(examples)).save_to_disk(partial / "tables")
        datasets.Dataset.from_list(_example_records(examples)).save_to_disk(partial / "examples")
        try:
            partial.rename(folder)
        except OSError:
            # Another process has just written the same content.
            shutil.rmtree(partial)
    return _from_records(
        datasets.load_from_disk(str(folder / "tables")).to_list(),
        datasets.load_from_disk(str(folder / "examples")).to_list(),
    )


def _table_records(examples: Iterable[Example]) -> list[dict[str, Any]]:
    tables = {example.table.name: example.table for example in examples}
    return [
        {
            "id": name,
            "header": list(table.header),
            "types": list(table.types),
            # Columns mix text and numbers between tables, which Arrow's types do not.
            "columns": json.dumps(table.columns),
            "unread_numbers": table.unread_numbers,
        }
        for name, table in tables.items()
    ]


def _example_records(examples: Iterable[Example]) -> list[dict[str, Any]]:
    return [
        {
            "id": example.id,
            "question": example.question,
            "tokens": list(example.tokens),
            "table": example.table.name,
            "constants": json.dumps([(c.value, c.start, c.end) for c in example.constants]),
            "answer": json.dumps(None if example.answer is None else example.answer.values),
        }
        for example in examples
    ]


def _from_records(
    table_records: list[dict[str, Any]], example_records: list[dict[str, Any]]
) -> list[Example]:
    tables = {}
    for record in table_records:
        columns = json.loads(record["columns"])
        rows = list(zip(*columns, strict=True))
        table = Table(record["id"], record["header"], record["types"], rows)
        table.unread_numbers = record["unread_numbers"]
        tables[record["id"]] = table
    return [
        Example(
            record["id"],
            record["question"],
            tuple(record["tokens"]),
            tables[record["table"]],
            tuple(
                Constant(tuple(value) if isinstance(value, list) else value, start, end)
                for value, start, end in json.loads(record["constants"])
            ),
            None if (answer := json.loads(record["answer"])) is None else ListAnswer(tuple(answer)),
        )
        for record in example_records
    ]


class WikiSQLDataModule(pl.LightningDataModule):
    """Questions and tables in WikiSQL's release format.

    Args:
        root: folder with `{split}.jsonl` and `{split}.tables.jsonl` for train, dev and test. Only
            the files of the splits in use need to be there.
        batch_size: training examples a step, over all processes; 125 as in MAPO.
        eval_batch_size: examples per batch of validation and test; no effect on results.
        max_expressions: expressions of the longest program, 1 to 4.
        narrowing: offer a filter only where it drops at least one row; see `Language`.
        limit: use only the first so many questions of every split; 0 for all. For trying things.
        cache: where preprocessed examples are kept; `SPARSE_RL_CACHE` or ~/.cache/sparse_rl.
        seed: order of the training examples.
    """

    splits = ("train", "dev", "test")

    def __init__(
        self,
        root: str = "data/wikisql",
        batch_size: int = 125,
        eval_batch_size: int = 250,
        max_expressions: int = 4,
        narrowing: bool = True,
        limit: int = 0,
        cache: str | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.root = Path(root)
        self.batch_size = batch_size
        self.eval_batch_size = eval_batch_size
        self.limit = limit
        self.cache = Path(cache) if cache else default_cache()
        self.seed = seed
        self.language: Language = wikisql_language(max_expressions, narrowing)
        self._examples: dict[str, list[Example]] = {}
        self._order: BucketBatchSampler | None = None
        self._position: dict[str, Any] | None = None

    def examples(self, split: str) -> list[Example]:
        """Examples of "train", "dev" or "test"; read at the first call.

        Raises:
            DataError: see `wikisql_format`.
        """
        if split not in self._examples:
            examples = load_split(self.root, split, self.cache)
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
        return f"{split_digest(self.root, split)} {self.limit}"

    def setup(self, stage: str) -> None:
        wanted = {"fit": ("train", "dev"), "validate": ("dev",)}.get(stage, ("test",))
        with processes.first_one_first():
            for split in wanted:
                self.examples(split)
        if stage == "fit":
            # It ends with a test: a missing test file must not show after the training.
            split_digest(self.root, "test")

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
