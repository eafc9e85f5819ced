"""WikiTableQuestions in its public release format as a LightningDataModule."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from sparse_rl.annotation import annotate_cell
from sparse_rl.datamodules.tables.benchmark_reading import (
    annotated_cell,
    typed_answer,
    wikitables_example,
)
from sparse_rl.datamodules.tables.table_datamodule import TableDataModule
from sparse_rl.datamodules.tables.wikitablequestions_format import (
    WikiTableQuestion,
    question_entries,
    questions_path,
    read_questions,
    tagged_questions_path,
)
from sparse_rl.datamodules.tables.wikitablequestions_tables import (
    read_table,
    table_errors,
    table_path,
    tagged_table_path,
)
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import wtq_language
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.triggers import triggers_from
from sparse_rl.interpreters.tables.typed_answers import SetAnswer
from sparse_rl.progress import in_sight

# Part of the cache's key: raise it whenever the result of preprocessing changes.
PREPROCESSING_VERSION = 4


def preprocess(root: Path, split: str) -> list[Example]:
    """Reads a split, adds annotation that the release lacks, and finds the constants.

    Raises:
        DataError: see `wikitablequestions_format` and `wikitablequestions_tables`.
    """
    tables: dict[str, Table] = {}
    examples = []
    for question in in_sight(read_questions(root, split), f"reading {split}", "questions"):
        table = tables.get(question.context)
        if table is None:
            table = tables[question.context] = annotated_table(root, question.context)
        tags = question.annotation.pos_tags if question.annotation else None
        examples.append(
            wikitables_example(question.id, question.text, table, gold_answer(question), tags)
        )
    return examples


def annotated_table(root: Path, context: str) -> Table:
    """Reads a table with the values of its tagged file, or else of our annotator.

    Raises:
        DataError: see `wikitablequestions_tables`.
    """
    raw = read_table(root, context)
    cells = [
        [
            annotated_cell(text, annotate_cell(text) if raw.tags is None else raw.tags[row, column])
            for column, text in enumerate(texts)
        ]
        for row, texts in enumerate(raw.rows)
    ]
    return Table.annotated(context, raw.header, cells)


def gold_answer(question: WikiTableQuestion) -> SetAnswer | None:
    """Typed values of the answer, with the file's canonical forms or else our annotator's."""
    if question.answer is None:
        return None
    if question.canonical is not None:
        return SetAnswer(question.answer, question.canonical)
    return typed_answer(question.answer)


def split_digest(root: Path, split: str) -> str:
    """Computes a key of a preprocessed split, from its files and the preprocessing version.

    Raises:
        DataError: one of the files is missing.
    """
    digest = hashlib.sha256(f"wikitablequestions {PREPROCESSING_VERSION} {split}".encode())
    for path in _files(root, split):
        digest.update(hashlib.sha256(path.read_bytes() if path else b"").digest())
    return digest.hexdigest()[:16]


def _files(root: Path, split: str) -> Iterator[Path | None]:
    """Yields all input files of a split; None for missing annotation.

    Raises:
        DataError: a required file is missing.
    """
    questions = {q.context: q for q in read_questions(root, split)}
    yield questions_path(root, split)
    yield tagged_questions_path(root, split)
    for context, question in questions.items():
        path = table_path(root, context)
        if not path.is_file():
            raise missing_table(root, question)
        yield path
        yield tagged_table_path(root, context)


def missing_table(root: Path, question: WikiTableQuestion) -> DataError:
    """Makes the error for the missing file of a question's table."""
    path = table_path(root, question.context)
    return DataError(f"put the table of this question there: no {path} {question.where}")


class WikiTableQuestionsDataModule(TableDataModule):
    """Questions and tables in WikiTableQuestions' release format.

    Args:
        root: folder with `data/` (questions), `csv/` (tables) and optionally `tagged/` (CoreNLP's
            annotation of both). Only the splits in use and their tables are needed.
        train_split: name of a file `data/{split}.tsv`; `training` for all training questions.
        val_split: likewise; the papers tune on `random-split-1-dev`.
        test_split: likewise; `pristine-unseen-tables` is the official test.
        batch_size: training examples per step, over all processes; 25 as in MAPO.
        eval_batch_size: examples per batch of validation and test; no effect on results.
        max_expressions: greatest number of expressions in a program; 1 to 4; 3 in the papers.
        narrowing: offer a filter only if it drops at least one row; see `Language`.
        trigger_words: words and POS tags that a question must have for a function to be offered:
            "default" for MAPO's, a YAML file of the same form, or null for none. They shorten
            the search and leave out some right programs.
        limit: use only the first so many questions of every split, for trials; 0 for all.
        cache: folder of preprocessed examples; null for `SPARSE_RL_CACHE` or ~/.cache/sparse_rl.
        seed: seed of the order of training examples; null for the run's (seed_everything).
    """

    submission_name = "wikitablequestions_predictions.tsv"

    def __init__(
        self,
        root: str = "data/wikitablequestions",
        train_split: str = "random-split-1-train",
        val_split: str = "random-split-1-dev",
        test_split: str = "pristine-unseen-tables",
        batch_size: int = 25,
        eval_batch_size: int = 100,
        max_expressions: int = 3,
        narrowing: bool = True,
        trigger_words: str | None = "default",
        limit: int = 0,
        cache: str | None = None,
        seed: int | None = None,
    ) -> None:
        language = wtq_language(max_expressions, narrowing, triggers_from(trigger_words))
        super().__init__(root, language, batch_size, eval_batch_size, limit, cache, seed)
        self.files = {"train": train_split, "dev": val_split, "test": test_split}

    def preprocess(self, split: str) -> list[Example]:
        return preprocess(self.root, self.files[split])

    def annotates(self, split: str) -> bool:
        return tagged_questions_path(self.root, self.files[split]) is None

    def compute_digest(self, split: str) -> str:
        name = self.files[split]
        return f"wikitablequestions-{name}-{split_digest(self.root, name)}"

    def file_problems(self) -> Iterator[str]:
        questions: dict[str, WikiTableQuestion] = {}
        for split in dict.fromkeys(self.files.values()):
            for entry in question_entries(self.root, split):
                if isinstance(entry, DataError):
                    yield str(entry)
                else:
                    questions[entry.context] = entry
        for context, question in questions.items():
            if table_path(self.root, context).is_file():
                yield from map(str, table_errors(self.root, context))
            else:
                yield str(missing_table(self.root, question))
