"""WikiSQL in its public release format as a LightningDataModule."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pytorch_lightning.utilities import rank_zero_warn

from sparse_rl import processes
from sparse_rl.datamodules.base import ExampleDataModule
from sparse_rl.datamodules.wikisql_format import (
    execute,
    missing_file,
    read_questions,
    read_tables,
)
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
                None if question.query is None else execute(question.query, table),
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
            "answer": json.dumps(example.answer),
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
            None if (answer := json.loads(record["answer"])) is None else tuple(answer),
        )
        for record in example_records
    ]


class WikiSQLDataModule(ExampleDataModule):
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
        super().__init__(batch_size, eval_batch_size, seed)
        self.root = Path(root)
        self.limit = limit
        self.cache = Path(cache) if cache else default_cache()
        self.language: Language = wikisql_language(max_expressions, narrowing)
        self._examples: dict[str, list[Example]] = {}

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

    def length(self, example: Example) -> int:
        return len(example.tokens)

    def fingerprint(self, split: str) -> str:
        return f"{split_digest(self.root, split)} {self.limit}"

    def setup(self, stage: str) -> None:
        wanted = {"fit": ("train", "dev"), "validate": ("dev",)}.get(stage, ("test",))
        with processes.first_one_first():
            for split in wanted:
                self.examples(split)
        if stage == "fit":
            # It ends with a test: a missing test file must not show after the training.
            split_digest(self.root, "test")
