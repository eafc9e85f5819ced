"""A user's own tables and questions as a LightningDataModule."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Literal

from sparse_rl.annotation.tsv import strict
from sparse_rl.bounds import ProperFraction, Seed, bounded
from sparse_rl.datamodules.tables.own_tables_check import answer_problems, table_problems
from sparse_rl.datamodules.tables.own_tables_format import (
    OwnQuestion,
    parts_of_splits,
    questions_path,
    read_questions,
)
from sparse_rl.datamodules.tables.reading import ReadTable, reading_of
from sparse_rl.datamodules.tables.table_datamodule import TableDataModule
from sparse_rl.datamodules.tables.table_files import read_table_file
from sparse_rl.datamodules.tables.table_options import options_path
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import plain_language, wikisql_language, wtq_language
from sparse_rl.interpreters.tables.triggers import triggers_from
from sparse_rl.progress import in_sight

# Part of the cache's key: raise it whenever the result of preprocessing changes.
PREPROCESSING_VERSION = 9


class OwnTablesDataModule(TableDataModule):
    """A folder of tables (CSV, TSV, Parquet, spreadsheets) with files of questions and answers.

    A file of questions is TSV or JSONL with `question`, `table` (a path in the folder), `answer`
    (several items are separated by `|` in TSV, a list in JSON) and optionally `id`. Answers are
    compared by the rules of WikiTableQuestions: as sets of numbers, dates and texts.

    Args:
        root: folder of the tables and questions.
        language: functions of the programs: "wikisql" (10, over texts and numbers), "wtq" (23,
            over dates too, with superlatives and neighbouring rows), or "plain" (these and two
            more: how many different values; and `no_answer`, for questions whose answer is written
            as "no answer" because the table has none).
        train_split: file of the split, with or without `.tsv` or `.jsonl`.
        val_split: likewise.
        test_split: likewise.
        questions: one file instead of three, which is divided into the splits; null for three
            files.
        divide: what of that file is divided: "tables", so that dev and test have tables that
            training has not seen, or "questions", for questions on the same few tables.
        dev_share: share of that file, .1 to .2; every split has at least one table or question.
        test_share: likewise.
        split_seed: seed of the division into splits.
        batch_size: training examples per step, over all processes; 10 to 50.
        eval_batch_size: examples per batch of validation and test; no effect on results.
        max_expressions: greatest number of expressions in a program; 1 to 4.
        narrowing: offer a filter only if it drops at least one row; see `Language`.
        trigger_words: words that a question must have for a function to be offered: "default"
            for MAPO's, a YAML file, or null for none. Only for the language "wtq".
        limit: use only the first so many questions of every split, for trials; 0 for all.
        cache: folder of preprocessed examples; null for `SPARSE_RL_CACHE` or ~/.cache/sparse_rl.
        seed: seed of the order of training examples; null for the run's (seed_everything).
    """

    submission_name = "own_tables_predictions.tsv"

    @bounded
    def __init__(
        self,
        root: str = "data/own_tables",
        language: Literal["wikisql", "wtq", "plain"] = "wtq",
        train_split: str = "train",
        val_split: str = "dev",
        test_split: str = "test",
        questions: str | None = None,
        divide: Literal["tables", "questions"] = "tables",
        dev_share: ProperFraction = 0.15,
        test_share: ProperFraction = 0.15,
        split_seed: Seed = 0,
        batch_size: int = 25,
        eval_batch_size: int = 100,
        max_expressions: int = 3,
        narrowing: bool = True,
        trigger_words: str | None = None,
        limit: int = 0,
        cache: str | None = None,
        seed: int | None = None,
    ) -> None:
        if language == "wikisql":
            chosen = wikisql_language(max_expressions, narrowing)
        else:
            make = {"wtq": wtq_language, "plain": plain_language}[language]
            chosen = make(max_expressions, narrowing, triggers_from(trigger_words))
        super().__init__(root, chosen, batch_size, eval_batch_size, limit, cache, seed)
        if dev_share + test_share >= 1:
            raise ValueError(
                f"set dev_share and test_share below 1 together: got {dev_share} and {test_share}"
            )
        self.reading = reading_of(chosen)
        self.files = {"train": train_split, "dev": val_split, "test": test_split}
        self.shared_file = questions
        self.divide = divide
        self.split_shares = {
            "train": 1 - dev_share - test_share,
            "dev": dev_share,
            "test": test_share,
        }
        self.split_seed = split_seed

    def _read(self, split: str) -> Iterator[OwnQuestion | DataError]:
        """Reads the questions of a split; the whole file if it is divided among the splits."""
        name = self.shared_file or self.files[split]
        return read_questions(self.root, questions_path(self.root, name))

    def questions(self, split: str) -> list[OwnQuestion]:
        """Reads the questions of a split in the order of its file.

        Raises:
            DataError: the first problem of the file.
        """
        questions = list(strict(self._read(split)))
        if self.shared_file is None:
            return questions
        parts = [q.table if self.divide == "tables" else q.id for q in questions]
        mine = parts_of_splits(parts, self.split_shares, self.split_seed, self.divide)[split]
        return [q for q, part in zip(questions, parts, strict=True) if part in mine]

    def preprocess(self, split: str) -> list[Example]:
        questions = self.questions(split)
        names = list(dict.fromkeys(question.table for question in questions))
        tables = {name: self.table(name) for name in in_sight(names, "reading tables", "tables")}
        return [
            tables[question.table].example(question.id, question.text, question.answer)
            for question in in_sight(questions, f"reading {split}", "questions")
        ]

    def scored(self, split: str) -> list[Example]:
        """Returns the questions with an answer.

        Raises:
            DataError: a file is missing or malformed; or no question of dev, by which a training is
                judged, has an answer.
        """
        answered = [example for example in self.examples(split) if example.answer is not None]
        if not answered and split == "dev":
            raise DataError(f"write answers for dev: no question in {self.root} has one")
        return answered

    def annotates(self, split: str) -> bool:
        return self.reading.annotates

    def table(self, name: str) -> ReadTable:
        """Reads a table by its path in the folder.

        Raises:
            DataError: it cannot be read.
        """
        return self.reading.read(name, read_table_file(self.root / name))

    def compute_digest(self, split: str) -> str:
        questions = self.questions(split)
        kind = f"own tables {PREPROCESSING_VERSION} {type(self.reading).__name__} {questions}"
        digest = hashlib.sha256(kind.encode())
        for name in dict.fromkeys(question.table for question in questions):
            for path in (self.root / name, options_path(self.root / name)):
                content = path.read_bytes() if path.is_file() else b""
                digest.update(hashlib.sha256(content).digest())
        return f"own-tables-{split}-{digest.hexdigest()[:16]}"

    def file_problems(self) -> Iterator[str]:
        """Yields every problem of the questions, tables and answers."""
        tables: dict[str, ReadTable | None] = {}
        for split in self.splits if self.shared_file is None else ("train",):
            count = answered = errors = 0
            for question in self._read(split):
                if isinstance(question, DataError):
                    yield str(question)
                    errors += 1
                    continue
                count += 1
                answered += question.answer is not None
                if question.table not in tables:
                    tables[question.table] = None
                    for found in table_problems(self.root / question.table, self.reading):
                        if isinstance(found, ReadTable):
                            tables[question.table] = found
                        else:
                            yield found
                yield from answer_problems(question, tables[question.table])
            name = self.shared_file or self.files[split]
            if not count and not errors:
                yield f"write questions for {split}: none can be read of {name} in {self.root}"
            elif count and not answered and split != "test":
                yield f"write answers for {split}: no question of {name} in {self.root} has one"
        if self.shared_file is not None and tables and self.divide == "tables":
            try:
                parts_of_splits(list(tables), self.split_shares, self.split_seed, "tables")
            except DataError as error:
                yield str(error)

    def notes(self) -> Iterator[str]:
        """Yields how files and columns are read where there was a choice, a line each.

        Also how many questions have no answer, and which training has seen too: no problems of the
        files.
        """
        names: dict[str, None] = {}
        trained: set[tuple[str, str]] = set()
        for split in self.splits if self.shared_file is None else ("train",):
            questions = [q for q in self._read(split) if isinstance(q, OwnQuestion)]
            names |= {q.table: None for q in questions}
            if split == "train":
                trained = {_wording(question) for question in questions}
            elif again := [question for question in questions if _wording(question) in trained]:
                yield (
                    f"{len(again)} of {len(questions)} questions of {split} are in train too, so "
                    f"that its accuracy is too high: the first is {again[0].id}"
                )
            unanswered = sum(q.answer is None for q in questions)
            if unanswered:
                file = self.shared_file or self.files[split]
                yield f"{file}: {unanswered} of {len(questions)} questions have no answer"
        for name in names:
            try:
                yield from (f"{name}: {note}" for note in self.table(name).notes)
            except DataError:  # One of the problems.
                continue


def _wording(question: OwnQuestion) -> tuple[str, str]:
    """A question without letter case and blanks, with its table."""
    return question.table, " ".join(question.text.lower().split())
