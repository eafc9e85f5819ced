"""`sparse-rl learn`: trains a model on with the answers that people gave or corrected."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sparse_rl.bounds import Count, ProperFraction, Seed
from sparse_rl.commands.arguments import Arguments, out_file
from sparse_rl.errors import CheckpointError, DataError
from sparse_rl.folders import complete_file
from sparse_rl.narrow import narrow

_LEAST = 10
"""Answered questions without which nothing can be held out."""
_PROGRAMS = 64
"""Rewarded programs of a question to start with; the model weighs them by its own lights."""
_LR = 5e-4


@dataclass(frozen=True)
class Learned:
    """What a training with answers came to.

    Attributes:
        answers: number of answered questions.
        held_out: number of these by which the models were judged.
        before: share of these that the model to begin with answers.
        after: share that the new model answers.
        kept: whether the new model is written: it answers no fewer.
        path: its file.
    """

    answers: int
    held_out: int
    before: float
    after: float
    kept: bool
    path: str


def parser() -> Arguments:
    """The command's options."""
    options = Arguments(
        "learn",
        "Trains a model on with answered questions about your own tables, in the format of "
        "your own tables, and keeps the result only if it answers held-out ones as well.",
    )
    options.add_argument("root", type=Path, help="the folder of tables and questions")
    options.add_argument(
        "--questions", default="questions", help="its file of questions; questions.jsonl by default"
    )
    options.add_argument("--ckpt_path", help="the model to begin with; the packaged one by default")
    options.add_argument(
        "--out", type=out_file, required=True, help="a file for the new model, such as mine.ckpt"
    )
    options.add_argument(
        "--held_out", type=ProperFraction, default=0.3, help="share of questions to judge by; .3"
    )
    options.add_argument("--max_epochs", type=Count, default=20, help="passes; 20 by default")
    options.add_argument("--seed", type=Seed, default=0, help="seed of the division and the order")
    options.add_argument(
        "--json",
        action="store_true",
        help='print JSON lines: {"doing": …} for progress, and the result last',
    )
    return options


def main(args: Sequence[str]) -> None:
    """Trains, compares with the model before, and writes the better one.

    Raises:
        SparseRLError: the folder or the model cannot be read, or there are too few answers.
    """
    options = vars(parser().parse_args(args))
    if options.pop("json"):
        found = learn(**options, told=lambda doing: print(json.dumps({"doing": doing}), flush=True))
        print(json.dumps(asdict(found)))
        return
    found = learn(**options)
    print(
        narrow(
            f"right of {found.held_out} held-out questions: {found.before:.0%} before, "
            f"{found.after:.0%} after"
        )
    )
    if not found.kept:
        print(narrow(f"not kept: {found.path} is not written"), file=sys.stderr)
        return
    print(f"Written to {found.path}")


def learn(
    root: Path,
    out: Path,
    questions: str = "questions",
    ckpt_path: str | None = None,
    held_out: float = 0.3,
    max_epochs: int = 20,
    seed: int = 0,
    told: Callable[[str], object] = lambda doing: None,
) -> Learned:
    """Trains a model on with a folder's answered questions; the others are left out.

    Args:
        root: folder of tables and questions.
        out: file for the new model, written only if it is kept.
        questions: the folder's file of questions.
        ckpt_path: the model to begin with; the packaged one by default.
        held_out: share of the answered questions to judge by.
        max_epochs: passes over the others.
        seed: seed of the division and the order.
        told: is told what is being done, in a few words.

    Raises:
        SparseRLError: the folder or the model cannot be read, or there are too few answers.
    """
    if not root.is_dir():
        raise DataError(f"give the folder of your tables and questions: no folder {root}")
    count = _count_answered(root, questions)
    told(f"reading {count} answered questions")
    # Late: torch takes seconds.
    from pytorch_lightning.callbacks import LambdaCallback

    from sparse_rl.asking.judge_file import carry_ranking
    from sparse_rl.asking.model import task_of
    from sparse_rl.asking.packaged import packaged_model
    from sparse_rl.checkpoint_file import program_state, read_weights
    from sparse_rl.estimators import Mml
    from sparse_rl.interface import evaluate, explore, fit, load
    from sparse_rl.run_names import find_checkpoint

    path = packaged_model() if ckpt_path is None else find_checkpoint(ckpt_path)
    state = program_state(read_weights(path), path)
    data = _data(root, questions, state["language"], held_out, seed)
    task = task_of(state, path)
    # The task has the old model's options from here on.
    old = evaluate(load(path, task, data), "dev")["greedy_accuracy"]
    with tempfile.TemporaryDirectory() as folder:
        told("searching the programs that give the answers")
        memory = explore(task, "exhaustive", data=data, max_programs=_PROGRAMS)
        run = fit(
            task,
            Mml(),
            data=data,
            memory=memory,
            max_epochs=max_epochs,
            lr=_LR,
            seed=seed,
            folder=folder,
            init_from=path,
            callbacks=[
                LambdaCallback(
                    on_train_epoch_start=lambda trainer, _: told(
                        f"pass {trainer.current_epoch + 1} of {max_epochs}"
                    )
                )
            ],
        )
        new = evaluate(run, "dev")["greedy_accuracy"]
        if kept := new >= old:
            with complete_file(out) as partial:
                shutil.copy(run.checkpoint, partial)
            carry_ranking(path, out)
    return Learned(count, len(data.scored("dev")), old, new, kept, str(out))


def _count_answered(root: Path, questions: str) -> int:
    """Counts the answered questions.

    Raises:
        DataError: there are too few to hold some out, or their file has a problem.
    """
    from sparse_rl.annotation.tsv import strict
    from sparse_rl.datamodules.tables.own_tables_format import questions_path, read_questions

    found = strict(read_questions(root, questions_path(root, questions)))
    count = sum(question.answer is not None for question in found)
    if count < _LEAST:
        raise DataError(
            f"answer {_LEAST} questions at least: {root} has {count}, too few to hold some out"
        )
    return count


def _data(
    root: Path, questions: str, language: Mapping[str, Any], held_out: float, seed: int
) -> Any:
    """The answered questions in the language of the model, divided into trained and held out."""
    from sparse_rl.datamodules.tables.own_tables import OwnTablesDataModule
    from sparse_rl.datamodules.tables.own_tables_format import OwnQuestion
    from sparse_rl.interpreters.tables import language as languages

    class Answered(OwnTablesDataModule):
        def _read(self, split: str) -> Iterator[OwnQuestion | DataError]:
            for question in super()._read(split):
                if isinstance(question, DataError) or question.answer is not None:
                    yield question

    known = languages.Language.from_state_dict(dict(language))
    by_functions = {
        languages.WIKISQL_FUNCTIONS: "wikisql",
        languages.WTQ_FUNCTIONS: "wtq",
        languages.PLAIN_FUNCTIONS: "plain",
    }
    name = by_functions.get(known.functions)
    if name is None:
        raise CheckpointError(
            "train with fit --init_from: the model has functions of your own, which learn does not "
            "know"
        )
    return Answered(
        str(root),
        language=name,  # type: ignore[arg-type]
        questions=questions,
        divide="questions",
        dev_share=held_out,
        test_share=0.01,
        split_seed=seed,
        max_expressions=known.max_expressions,
        seed=seed,
    )
