"""WikiSQL in its public release format as a LightningDataModule."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from sparse_rl.datamodules.tables.benchmark_reading import wikisql_example
from sparse_rl.datamodules.tables.table_datamodule import TableDataModule
from sparse_rl.datamodules.tables.wikisql_format import (
    execute,
    missing_file,
    question_entries,
    read_questions,
    read_tables,
    table_entries,
)
from sparse_rl.datamodules.tables.wikisql_submission import submission
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.answers import ListAnswer
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import wikisql_language
from sparse_rl.interpreters.tables.program import Program
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.progress import in_sight

# Part of the cache's key: raise it whenever the result of preprocessing changes.
PREPROCESSING_VERSION = 4


def preprocess(root: Path, split: str) -> list[Example]:
    """Reads a split, executes its gold SQL for the answers, and finds the constants.

    Raises:
        DataError: see `wikisql_format`.
    """
    tables = read_tables(root / f"{split}.tables.jsonl")
    examples = []
    questions = read_questions(root / f"{split}.jsonl", split, tables)
    for question in in_sight(questions, f"reading {split}", "questions"):
        table = tables[question.table_id]
        answer = None if question.query is None else ListAnswer(execute(question.query, table))
        examples.append(wikisql_example(question.id, question.text, table, answer))
    return examples


def split_digest(root: Path, split: str) -> str:
    """Computes a key of a preprocessed split, from its files and the preprocessing version.

    Raises:
        DataError: one of the files is missing.
    """
    digest = hashlib.sha256(f"wikisql {PREPROCESSING_VERSION} {split}".encode())
    for path in (root / f"{split}.jsonl", root / f"{split}.tables.jsonl"):
        if not path.is_file():
            raise missing_file(path)
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _unread(table: Table | DataError, path: Path) -> str:
    """Names the first cell of a table's real columns that is no number; "" if there is none."""
    if isinstance(table, DataError) or table.unread is None:
        return ""
    row, column = table.unread
    return (
        f"write numbers with commas between thousands only, or make this column text: "
        f"{table.unread_numbers} cells of table {table.name} are no numbers, the first in row "
        f"{row + 1}, column {table.header[column]!r} ({path}, id {table.name})"
    )


class WikiSQLDataModule(TableDataModule):
    """Questions and tables in WikiSQL's release format.

    Args:
        root: folder with `{split}.jsonl` and `{split}.tables.jsonl` for train, dev and test. Only
            the files of the splits in use are needed.
        batch_size: training examples per step, over all processes; 125 as in MAPO.
        eval_batch_size: examples per batch of validation and test; no effect on results.
        max_expressions: greatest number of expressions in a program; 1 to 4.
        narrowing: offer a filter only if it drops at least one row; see `Language`.
        limit: use only the first so many questions of every split, for trials; 0 for all.
        cache: folder of preprocessed examples; null for `SPARSE_RL_CACHE` or ~/.cache/sparse_rl.
        seed: seed of the order of training examples; null for the run's (seed_everything).
    """

    submission_name = "wikisql_predictions.jsonl"

    def __init__(
        self,
        root: str = "data/wikisql",
        batch_size: int = 125,
        eval_batch_size: int = 250,
        max_expressions: int = 4,
        narrowing: bool = True,
        limit: int = 0,
        cache: str | None = None,
        seed: int | None = None,
    ) -> None:
        language = wikisql_language(max_expressions, narrowing)
        super().__init__(root, language, batch_size, eval_batch_size, limit, cache, seed)

    def preprocess(self, split: str) -> list[Example]:
        return preprocess(self.root, split)

    def compute_digest(self, split: str) -> str:
        return f"wikisql-{split}-{split_digest(self.root, split)}"

    def file_problems(self) -> Iterator[str]:
        for split in self.splits:
            path = self.root / f"{split}.tables.jsonl"
            tables = list(table_entries(path))
            yield from (p for _, table in tables if (p := _unread(table, path)))
            questions = question_entries(self.root / f"{split}.jsonl", split, dict(tables))
            for entry in chain((table for _, table in tables), questions):
                if isinstance(entry, DataError):
                    yield str(entry)

    def submission_line(self, example: Example, program: Program, denotation: Sequence[Any]) -> str:
        return json.dumps(submission(program, example.table, self.language), ensure_ascii=False)
