"""A trained policy that answers questions about tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from sparse_rl.annotation.dictionary import need_dictionary
from sparse_rl.asking.candidate_maker import CandidateMaker
from sparse_rl.asking.found_programs import BEAM_WIDTH, find_programs
from sparse_rl.asking.judge import Finding, Judge
from sparse_rl.asking.judge_file import read_judge
from sparse_rl.asking.packaged import packaged_model
from sparse_rl.asking.readings import readings
from sparse_rl.asking.result import Result
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
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.table_task import TableTask
from sparse_rl.modules.tables.transformer_task import TransformerTableTask
from sparse_rl.modules.task import task_name
from sparse_rl.modules.threads import cap_threads
from sparse_rl.run_names import find_checkpoint

if TYPE_CHECKING:
    import pandas as pd


class Model:
    """Policy with its language; see `load_model`.

    Args:
        policy: probabilities of programs.
        language: language of the programs; it also determines the reading of tables and questions.
        judge: judge of its answers.
        notes: what to know about the model, a line each.

    Raises:
        SparseRLError: questions need annotation, and the annotator's dictionary is not installed.
    """

    def __init__(
        self,
        policy: TablePolicy,
        language: Language,
        judge: Judge = Judge(),  # noqa: B008 (frozen)
        notes: Sequence[str] = (),
    ) -> None:
        self.policy = policy.eval()
        cap_threads(policy)
        self.language = language
        self.judge = judge
        self.notes = tuple(notes)
        self.reading: TableReading = reading_of(language)
        # Tags of words are for trigger words alone, and their dictionary takes a while to load.
        self._tags = self.reading.annotates and bool(language.triggers.rules)
        if self._tags:
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
        """Answers a question with the answer whose programs are the most probable.

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
        example = opened.example(question, self._tags)
        found = self.find(opened, [example], max(programs, BEAM_WIDTH))[0]
        maker = CandidateMaker(opened, example, self.language)
        made = {program: maker.make(program) for program in found.programs}
        best = found.groups[0].programs[0]
        ranked = [best, *(program for program in found.programs if program is not best)]
        answers = [(made[group.programs[0]], group.probability) for group in found.groups]
        unknown = opened.not_understood(example)
        return Result(
            question,
            opened.text,
            tuple(made[program] for program in ranked[:programs]),
            readings(answers, found.confidence),
            found.answerable,
            (*self.notes, *opened.notes, *(f"not understood: {word}" for word in unknown)),
            unknown,
        )

    @cached_property
    def _known(self) -> frozenset[str]:
        """Words of the training's questions."""
        return frozenset(self.policy.vocabulary.words)

    @torch.inference_mode()
    def find(
        self, opened: OpenTable, examples: Sequence[Example], width: int = BEAM_WIDTH
    ) -> list[Finding]:
        """Finds the programs and answers of questions.

        Args:
            opened: the table.
            examples: questions about it.
            width: width of the beam.
        """
        beams = find_programs(self.policy, self.language, opened, examples, width)
        return [
            self.judge.judged(programs, opened, example, self._known)
            for programs, example in zip(beams, examples, strict=True)
        ]


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
    judge, note = read_judge(path)
    return load_judged_by(judge, path, [note] if note else [])


def load_judged_by(judge: Judge, path: Path, notes: Sequence[str] = ()) -> Model:
    """Loads the model of a checkpoint with a judge that need not be its own."""
    content = read_weights(path)
    state = program_state(content, path)
    task = task_of(state, path)
    with restoring(path):
        policy = task.restore(state)
        load_policy(policy, content)
    return Model(policy, task.language, judge, notes)


def task_of(state: Mapping[str, Any], path: Path) -> TableTask:
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
