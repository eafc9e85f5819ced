"""Base of all data modules of questions over tables."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pytorch_lightning.utilities import rank_zero_warn

from sparse_rl import processes
from sparse_rl.annotation.dictionary import need_dictionary
from sparse_rl.bounds import NonNegative, bounded
from sparse_rl.datamodules.base import ExampleDataModule
from sparse_rl.datamodules.contents import digest
from sparse_rl.datamodules.tables.example_cache import cached_examples
from sparse_rl.datamodules.tables.stored_examples import StoredExamples
from sparse_rl.errors import DataError, SparseRLError
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.program import Program
from sparse_rl.interpreters.tables.typed_answers import item_text


def default_cache() -> Path:
    """Returns `SPARSE_RL_CACHE`, or a folder in the user's cache."""
    return Path(os.environ.get("SPARSE_RL_CACHE", "~/.cache/sparse_rl")).expanduser()


class TableDataModule(ExampleDataModule):
    """Base of data modules with questions over tables, read at the first use and cached.

    A dataset defines how to read a split (`preprocess`), a key of its input (`compute_digest`), and
    the format of its predictions (`submission_line`).

    Args:
        root: the dataset's folder.
        language: language of the programs.
        batch_size: training examples per step, over all processes.
        eval_batch_size: examples per batch of validation and test; no effect on results.
        limit: use only the first so many questions of every split; 0 for all.
        cache: folder of preprocessed examples; None for `SPARSE_RL_CACHE` or ~/.cache/sparse_rl.
        seed: seed of the order of training examples; null for the run's (seed_everything).

    Attributes:
        submission_name: file of `predict` for the dataset's own evaluation.
    """

    submission_name: str

    @bounded
    def __init__(
        self,
        root: str,
        language: Language,
        batch_size: int,
        eval_batch_size: int,
        limit: NonNegative,
        cache: str | None,
        seed: int | None,
    ) -> None:
        super().__init__(batch_size, eval_batch_size, seed)
        self.root = Path(root)
        self.language = language
        self.limit = limit
        self.cache: Path = Path(cache) if cache else default_cache()
        self._examples: dict[str, StoredExamples] = {}
        self._digests: dict[str, str] = {}
        self._contents: dict[str, dict[str, str]] = {}

    @abstractmethod
    def preprocess(self, split: str) -> list[Example]:
        """Reads the files of "train", "dev" or "test".

        Raises:
            DataError: a file is missing or malformed.
        """

    @abstractmethod
    def compute_digest(self, split: str) -> str:
        """Computes a key of `preprocess`'s result from the files; also the cache's folder name.

        Raises:
            DataError: a file is missing.
        """

    def annotates(self, split: str) -> bool:
        """Whether `preprocess` annotates the questions of a split; by default not."""
        return False

    def need_annotator(self, split: str) -> None:
        """Checks that a split can be read, or has been.

        Raises:
            SparseRLError: the annotator's dictionary is needed and not installed.
        """
        if not self.annotates(split):
            return
        try:
            need_dictionary()
        except SparseRLError:
            if not (self.cache / self.digest(split)).is_dir():
                raise

    def digest(self, split: str) -> str:
        """Computes the digest once: a run keeps the data that it has read."""
        if split not in self._digests:
            self._digests[split] = self.compute_digest(split)
        return self._digests[split]

    def submission_line(self, example: Example, program: Program, denotation: Sequence[Any]) -> str:
        """Formats a prediction for the dataset's own evaluation, on one line.

        By default id and items separated by tabs; without escapes, which WikiTableQuestions'
        evaluation does not undo.
        """
        return "\t".join((example.id, *map(item_text, denotation)))

    def problems(self) -> Iterator[str]:
        """Yields all problems of the data, for `sparse-rl check`, each on one line."""
        if not self.root.is_dir():
            yield f"point --data.root to the folder of the data: no folder {self.root}"
            return
        yield from self.file_problems()
        try:
            for split in self.splits:
                self.need_annotator(split)
        except DataError:  # A file's problem, reported above.
            return
        except SparseRLError as error:
            yield str(error)

    def file_problems(self) -> Iterator[str]:
        """Yields the files' problems, found in seconds; by default the first of each split."""
        for split in self.splits:
            try:
                self.digest(split)
            except DataError as error:
                yield str(error)

    def examples(self, split: str) -> StoredExamples:
        """Opens the examples of "train", "dev" or "test", which are read when they are used.

        Raises:
            DataError: a file is missing or malformed.
        """
        if split not in self._examples:
            self.need_annotator(split)
            examples = cached_examples(
                self.cache / self.digest(split), lambda: self.preprocess(split), self.limit
            )
            for id_ in examples.wordless():
                raise DataError(f"write the question of {split}: no word in id {id_}")
            self._examples[split] = examples
            self._report_unread(split)
        return self._examples[split]

    def each(self, split: str) -> Iterator[Example]:
        return self.examples(split).each()

    def ids(self, split: str) -> list[str]:
        return self.examples(split).ids()

    def lengths(self, split: str) -> list[int]:
        return self.examples(split).lengths()

    def _report_unread(self, split: str) -> None:
        """Reports how many cells of number columns are not numbers."""
        unread = self._examples[split].unread_numbers()
        if unread:
            rank_zero_warn(
                f"{split}: {unread} cells of number columns are not numbers and have no value; "
                "make these columns text columns if the cells matter"
            )

    def length(self, example: Example) -> int:
        return len(example.tokens)

    def fingerprint(self, split: str) -> str:
        return f"{self.digest(split)} {self.limit}"

    def contents(self, split: str) -> dict[str, str]:
        """Computes digests of a split's questions, answers and tables once."""
        if split not in self._contents:
            examples = self.examples(split)
            golds, tables = examples.answers(), examples.tables()
            self._contents[split] = {
                "questions": digest(examples.questions()),
                "answers": digest(g and (type(g).__name__, g.as_given()) for g in golds),
                "tables": digest((t.name, t.header, t.types, t.columns) for t in tables),
            }
        return self._contents[split]

    def setup(self, stage: str) -> None:
        if stage == "fit":
            # `fit` ends with a test: its data must be complete before the training.
            for split in self.splits:
                self.need_annotator(split)
                self.digest(split)
        with processes.first_one_first():
            for split in self.splits_of(stage):
                self.examples(split)
