"""A folder of tables, questions and answers, in the format of a user's own tables.

Every change is made under a lock of the folder and written as a whole, so that several people, or
programs, lose nothing of each other's.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparse_rl.app.table_names import stored_name, stored_pattern
from sparse_rl.datamodules.tables.table_options import (
    TableOptions,
    options_of,
    options_path,
    options_text,
)
from sparse_rl.datamodules.tables.text_files import read_text
from sparse_rl.errors import DataError
from sparse_rl.folders import complete_file, write_text

_TABLES = "tables"


@dataclass(frozen=True)
class AskedQuestion:
    """A question that was asked.

    Attributes:
        question: its text.
        table: path of its table in the folder.
        answer: the right answer's items; None if nobody has given it.
    """

    question: str
    table: str
    answer: tuple[str | float, ...] | None = None


class QuestionFolder:
    """Tables in `tables/`, and questions with their answers in `questions.jsonl`.

    Args:
        root: the folder; it is made if it is missing.

    Raises:
        DataError: the folder has another file of questions, which `learn` would prefer.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.questions = root / "questions.jsonl"
        for name in ("questions", "questions.tsv"):
            if (root / name).is_file():
                raise DataError(
                    f"save {root / name} as {self.questions.name}, or choose another folder: "
                    "questions are kept in that format"
                )
        (root / _TABLES).mkdir(parents=True, exist_ok=True)
        with self._alone():
            if not self.questions.exists():
                write_text(self.questions, "")

    def tables(self) -> list[str]:
        """Paths of the kept tables in the folder, by name."""
        found = (self.root / _TABLES).glob(stored_pattern())
        return sorted(f"{_TABLES}/{p.name}" for p in found if p.is_file() and p.suffix != ".yaml")

    def find_table(self, name: str, content: bytes) -> str | None:
        """Path of the table with this content, under whatever name it came; None if there is none.

        Raises:
            DataError: the name is not one of a table's file.
        """
        pattern = stored_pattern(name, content)
        found = sorted((self.root / _TABLES).glob(pattern))
        return f"{_TABLES}/{found[0].name}" if found else None

    def keep_table(self, name: str, content: bytes, options: TableOptions) -> str:
        """Stores a table once for each content, with its options; returns its path in the folder.

        Args:
            name: name of the uploaded file, of which the last part is used.
            content: the file.
            options: choices for reading it, which replace earlier ones.

        Raises:
            DataError: the name is not one of a table's file.
        """
        with self._alone():
            table = self.find_table(name, content)
            if table is None:
                table = f"{_TABLES}/{stored_name(name, content)}"
                with complete_file(self.root / table) as partial:
                    partial.write_bytes(content)
            path = options_path(self.root / table)
            if options != TableOptions():
                write_text(path, options_text(options))
            else:
                path.unlink(missing_ok=True)
        return table

    def options(self, table: str) -> TableOptions:
        """Choices for reading a kept table."""
        return options_of(self.root / table)

    def keep(self, asked: AskedQuestion) -> None:
        """Keeps a question; an answer replaces the earlier one of the same question and table.

        A question without an answer leaves an earlier answer as it is. Other lines of the file, and
        other fields of this one, stay.
        """
        with self._alone():
            lines = self._lines()
            place = _place(asked, lines)
            if place is None:
                lines.append(_line({"question": asked.question, "table": asked.table}, asked))
            elif asked.answer is not None:
                lines[place] = _line(json.loads(lines[place]), asked)
            write_text(self.questions, "".join(f"{line}\n" for line in lines))

    def asked(self, table: str | None = None) -> list[AskedQuestion]:
        """Questions that were asked, about a table or all, in the order of the file."""
        found = map(_read, self._lines())
        return [asked for asked in found if asked and (table is None or asked.table == table)]

    def find_answer(self, question: str, table: str) -> tuple[str | float, ...] | None:
        """The right answer to a question; None if nobody has given it."""
        lines = self._lines()
        place = _place(AskedQuestion(question, table), lines)
        found = None if place is None else _read(lines[place])
        return None if found is None else found.answer

    def _lines(self) -> list[str]:
        return [line for line in read_text(self.questions).split("\n") if line.strip()]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeps other processes and threads from writing."""
        with (self.root / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _place(asked: AskedQuestion, lines: Sequence[str]) -> int | None:
    """Index of the line of the same question."""
    key = _key(asked)
    found = (i for i, other in enumerate(map(_read, lines)) if other and _key(other) == key)
    return next(found, None)


def _key(asked: AskedQuestion) -> tuple[str, str]:
    return asked.table, " ".join(asked.question.lower().split())


def _line(record: dict[str, Any], asked: AskedQuestion) -> str:
    answer = asked.answer
    if answer is not None:
        record |= {"answer": answer[0] if len(answer) == 1 else list(answer)}
    return json.dumps(record, ensure_ascii=False, allow_nan=False)


def _read(line: str) -> AskedQuestion | None:
    """Reads a line; None if it is no question, which `learn` and `check` then say."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    question, table, answer = (record.get(name) for name in ("question", "table", "answer"))
    if not isinstance(question, str) or not isinstance(table, str):
        return None
    items = answer if isinstance(answer, list) else [answer]
    known = tuple(item for item in items if item is not None)
    return AskedQuestion(question, table, known or None)
