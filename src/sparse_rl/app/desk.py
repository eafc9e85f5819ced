"""What everybody at one app shares: the model, the folder, and the training in the background."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

from sparse_rl.app.learning import Learning, learn_arguments
from sparse_rl.app.records import AskedQuestion, QuestionFolder
from sparse_rl.app.table_names import safe_name, shown_name
from sparse_rl.asking.model import Model, load_model
from sparse_rl.asking.result import Result
from sparse_rl.asking.tables import OpenTable
from sparse_rl.datamodules.tables.question_text import check_question
from sparse_rl.datamodules.tables.table_options import TableOptions, options_path, options_text
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.table import Scalar
from sparse_rl.interpreters.tables.wording import CELLS
from sparse_rl.run_names import PACKAGED


@dataclass(frozen=True)
class Sheet:
    """A table that somebody works on.

    Attributes:
        table: its path in the folder.
        name: its name as uploaded.
        opened: the table as read.
        options: the choices that it was read with.
    """

    table: str
    name: str
    opened: OpenTable
    options: TableOptions


class Desk:
    """A model over a folder of tables and questions.

    The model is shared and answers one question at a time; all else that a person sees is in the
    values that the methods return.

    Args:
        folder: tables, questions and answers.
        checkpoint: the model, and the one that trainings begin with. By default the packaged one,
            and to answer with, the folder's own if an earlier training has left one.
        max_epochs: passes of a training.

    Attributes:
        learned: file of the folder's own model.
        learning: the training that runs or ran last; None before the first.
    """

    def __init__(
        self, folder: QuestionFolder, checkpoint: Path | None = None, max_epochs: int = 20
    ) -> None:
        self.folder = folder
        self.checkpoint = checkpoint
        self.max_epochs = max_epochs
        self.learned = folder.root / "learned.ckpt"
        self.learning: Learning | None = None
        self._adopted = True
        self._lock = RLock()
        earlier = self.learned if checkpoint is None and self.learned.is_file() else checkpoint
        self._use(earlier)

    def _use(self, checkpoint: Path | None) -> None:
        self.model: Model = load_model(checkpoint)
        names: dict[Path | None, str] = dict.fromkeys(
            (None, *PACKAGED.values()), "the packaged model"
        )
        names[self.learned] = "the folder's own model"
        self.model_name = names.get(checkpoint, str(checkpoint))

    def open(self, name: str, content: bytes, options: TableOptions | None = None) -> Sheet:
        """Reads an uploaded file, and keeps it if it is a table.

        Args:
            name: its name, whose ending says what it is.
            content: the file.
            options: choices for reading it; by default those with which it was kept before.

        Raises:
            DataError: it is no table, or contradicts the options.
        """
        safe = safe_name(name)
        if options is None:
            known = self.folder.find_table(name, content)
            options = TableOptions() if known is None else self.folder.options(known)
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch, safe)
            path.write_bytes(content)
            options_path(path).write_text(options_text(options), encoding="utf-8")
            try:
                opened = self.model.open(path)
            except DataError as error:
                raise DataError(str(error).replace(f"{scratch}/", "")) from None
        table = self.folder.keep_table(name, content, options)
        return Sheet(table, shown_name(table), opened, options)

    def reopen(self, table: str, options: TableOptions | None = None) -> Sheet:
        """Reads a kept table, perhaps with other options, which are kept too.

        Raises:
            DataError: there is no such table, or it contradicts the options.
        """
        if table not in self.folder.tables():
            raise DataError(f"choose a table of the folder: no {table!r:.80}")
        content = (self.folder.root / table).read_bytes()
        return self.open(shown_name(table), content, options)

    def ask(self, sheet: Sheet, question: str) -> Result:
        """Answers a question, and keeps it.

        Raises:
            DataError: the question has no word.
        """
        check_question(question, CELLS)
        with self._lock:
            result = self.model.ask(sheet.opened, question)
        self.folder.keep(AskedQuestion(question, sheet.table))
        return result

    def keep_answer(self, sheet: Sheet, question: str, items: Sequence[Scalar]) -> None:
        """Keeps the right answer to a question, in place of an earlier one.

        Raises:
            DataError: the answer is empty.
        """
        if not items:
            raise DataError("write the right answer, an item on each line: it is empty")
        self.folder.keep(AskedQuestion(question, sheet.table, tuple(items)))

    def learn(self) -> None:
        """Starts a training with all answers, unless one runs."""
        with self._lock:
            if self.learning is None or not self.learning.running():
                self.learning = Learning(
                    learn_arguments(
                        self.folder.root, self.learned, self.checkpoint, self.max_epochs
                    )
                )
                self._adopted = False

    def is_learning(self) -> bool:
        """Whether a training runs; after its end, the new model answers if it was kept."""
        with self._lock:
            if self.learning is None:
                return False
            if self.learning.running():
                return True
            if not self._adopted and (self.learning.result or {}).get("kept"):
                self._use(self.learned)
            self._adopted = True
            return False

    def close(self) -> None:
        """Ends a training that runs."""
        if self.learning is not None:
            self.learning.stop()
