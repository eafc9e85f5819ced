"""A trained policy that answers questions about tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from sparse_rl.annotation.dictionary import need_dictionary
from sparse_rl.asking.candidates import Candidate, TraceStep
from sparse_rl.asking.packaged import packaged_model
from sparse_rl.asking.question_words import QuestionWords
from sparse_rl.asking.result import Result
from sparse_rl.asking.sentence import SentenceWriter
from sparse_rl.asking.tables import OpenTable, open_table
from sparse_rl.checkpoint_file import (
    load_policy,
    program_state,
    read_weights,
    restoring,
)
from sparse_rl.datamodules.tables.question_text import check_question
from sparse_rl.datamodules.tables.reading import TableReading, reading_of
from sparse_rl.errors import CheckpointError, SparseRLError
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.program import (
    Program,
    format_expression,
    format_program,
    run_program,
)
from sparse_rl.interpreters.tables.sql import sql_if_any
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.modules.decoding import beam
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.table_task import TableTask
from sparse_rl.modules.tables.transformer_task import TransformerTableTask
from sparse_rl.modules.task import task_name
from sparse_rl.modules.threads import cap_threads
from sparse_rl.run_names import find_checkpoint

if TYPE_CHECKING:
    import pandas as pd

_BEAM_WIDTH = 5


class Model:
    """Policy with its language; see `load_model`.

    Args:
        policy: probabilities of programs.
        language: language of the programs; it also determines the reading of tables and questions.

    Raises:
        SparseRLError: questions need annotation, and the annotator's dictionary is not installed.
    """

    def __init__(self, policy: TablePolicy, language: Language) -> None:
        self.policy = policy.eval()
        cap_threads(policy)
        self.language = language
        self.reading: TableReading = reading_of(language)
        if self.reading.annotates:
            need_dictionary()

    def open(
        self,
        source: pd.DataFrame | pd.Series[Any] | Table | OpenTable | str | Path,
        columns: Mapping[str, Any] | None = None,
    ) -> OpenTable:
        """Reads a table once, for several questions; see `open_table`.

        Args:
            source: see `ask`.
            columns: choices for columns by header, such as `{"Date": {"order": "day first"}}`; see
                `ColumnOptions`.

        Raises:
            DataError: the table cannot be read, or has no rows.
        """
        return open_table(source, self.reading, columns)

    @torch.inference_mode()
    def ask(
        self,
        table: pd.DataFrame | pd.Series[Any] | Table | OpenTable | str | Path,
        question: str,
        programs: int = 5,
    ) -> Result:
        """Answers a question with the most probable program.

        Args:
            table: a pandas data frame or series, the path of a file, a table of the package, or a
                result of `open`.
            question: worded like the training questions.
            programs: number of programs to keep. The beam of the search is as wide as in evaluation
                (5), or wider for more programs.

        Raises:
            DataError: the table cannot be read, or the question has no word.
            SparseRLError: `programs` is less than 1.
        """
        if programs < 1:
            raise SparseRLError(f"ask for at least one program, not {programs}")
        opened = self.open(table)
        check_question(question)
        example = opened.example(question)
        world = TableWorld(example, self.language)
        width = max(programs, _BEAM_WIDTH)
        (found,) = beam(self.policy, self.policy.encode([example]), [world], width)
        words = QuestionWords.of(example)
        writer = SentenceWriter(opened, words.by_value(example.constants))
        candidates = (
            self._candidate(
                opened, example, words, writer, world.program(f.trajectory.actions), f.log_prob
            )
            for f in found[:programs]
        )
        unknown = opened.not_understood(example)
        notes = (*opened.notes, *(f"not understood: {word}" for word in unknown))
        return Result(question, opened.text, tuple(candidates), notes, unknown)

    def _candidate(
        self,
        opened: OpenTable,
        example: Example,
        words: QuestionWords,
        writer: SentenceWriter,
        program: Program,
        log_prob: float,
    ) -> Candidate:
        table = opened.table
        steps = []
        executed = run_program(program, table, self.language)
        for index, step in enumerate(executed):
            text, value = format_expression(step.expression), step.value
            if isinstance(value, int):
                steps.append(TraceStep(text, f"v{index}", table.indices(value), None))
            else:
                column = _column(step.expression.arguments, table)
                shown = tuple(opened.spelled(v, column) for v in value)
                steps.append(TraceStep(text, None, None, shown))
        names = {a for e in program for a in e.arguments if isinstance(a, str)}
        columns = {opened.sources[p.column] for p in table.properties if p.name in names}
        return Candidate(
            format_program(program),
            math.exp(log_prob),
            sql_if_any(program, table, self.language, opened.imported),
            tuple(steps),
            tuple(sorted(columns)),
            writer.sentence(executed),
            *_constants(program, example, words),
        )


def _constants(
    program: Program, example: Example, words: QuestionWords
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The question's constants that a program uses, and those that it does not.

    A constant that shares words with a used one is another reading of it, and no unused one.
    """
    values = {a for e in program for a in e.arguments if not isinstance(a, str)}
    used = [c for c in example.constants if c.value in values]
    taken = {place for c in used for place in range(c.start, c.end)}
    unused = [c for c in example.constants if taken.isdisjoint(range(c.start, c.end))]
    return words.widest(used), words.widest(unused)


def load_model(checkpoint: str | Path | None = None) -> Model:
    """Loads the model of a training run over tables, or the packaged one.

    Args:
        checkpoint: a checkpoint file; or the folder of a run, for its best checkpoint, or of
            several runs, for the newest best one. None for the model that comes with the package.

    Raises:
        CheckpointError: there is no such checkpoint, or it has no policy over tables.
        TaskError: its pretrained encoder has moved or changed.
    """
    path = packaged_model() if checkpoint is None else find_checkpoint(checkpoint)
    content = read_weights(path)
    state = program_state(content, path)
    task = _task_of(state, path)
    with restoring(path):
        policy = task.restore(state)
        load_policy(policy, content)
    return Model(policy, task.language)


def _column(arguments: Sequence[object], table: Table) -> int | None:
    """Column of the last property that an expression names."""
    places = {property_.name: property_.column for property_ in table.properties}
    found = [places[a] for a in arguments if isinstance(a, str) and a in places]
    return found[-1] if found else None


def _task_of(state: Mapping[str, Any], path: Path) -> TableTask:
    """Restores the task over tables of a checkpoint.

    Raises:
        CheckpointError: the checkpoint is of another task.
    """
    tasks = [TableTask(), TransformerTableTask()]
    # Version 0.1 named no task: the encoder's entry distinguishes the two.
    unnamed = task_name(tasks["transformer" in state]) if "language" in state else "mazes"
    name = state.get("task", unnamed)
    for task in tasks:
        if task_name(task) == name:
            return task
    raise CheckpointError(
        f"give a checkpoint of a training on tables: {path} is of {name.rpartition('.')[2]}, "
        "which has no tables to ask about"
    )
