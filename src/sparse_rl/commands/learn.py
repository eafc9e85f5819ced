"""`sparse-rl learn`: trains a model on with the answers that people gave or corrected."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sparse_rl.bounds import Count, ProperFraction, Seed
from sparse_rl.commands.arguments import Arguments, out_file
from sparse_rl.errors import CheckpointError, DataError
from sparse_rl.narrow import narrow

_LEAST = 10
"""Answered questions without which nothing can be held out."""
_PROGRAMS = 64
"""Rewarded programs of a question to start with; the model weighs them by its own lights."""
_LR = 5e-4


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
    return options


def main(args: Sequence[str]) -> None:
    """Trains, compares with the model before, and writes the better one.

    Raises:
        SparseRLError: the folder or the model cannot be read, or there are too few answers.
    """
    options = parser().parse_args(args)
    if not options.root.is_dir():
        raise DataError(f"give the folder of your tables and questions: no folder {options.root}")
    # Late: torch takes seconds.
    from sparse_rl.asking.packaged import packaged_model
    from sparse_rl.checkpoint_file import program_state, read_weights
    from sparse_rl.estimators import Mml
    from sparse_rl.interface import evaluate, explore, fit, load
    from sparse_rl.modules.tables.table_task import TableTask
    from sparse_rl.run_names import find_checkpoint

    given = options.ckpt_path
    path = packaged_model() if given is None else find_checkpoint(given)
    state = program_state(read_weights(path), path)
    data = _data(options, state["language"])
    count = sum(len(data.scored(split)) for split in data.splits)
    if count < _LEAST:
        raise DataError(
            f"answer {_LEAST} questions at least: {options.root} has {count}, too few to hold some "
            "out"
        )
    old = evaluate(load(path, TableTask(), data), "dev")["greedy_accuracy"]
    with tempfile.TemporaryDirectory() as folder:
        sizes = state["sizes"]
        task = TableTask(sizes["embedding"], sizes["hidden"], sizes["dropout"])
        memory = explore(task, "exhaustive", data=data, max_programs=_PROGRAMS)
        run = fit(
            task,
            Mml(),
            data=data,
            memory=memory,
            max_epochs=options.max_epochs,
            lr=_LR,
            seed=options.seed,
            folder=folder,
            init_from=path,
            enable_progress_bar=False,
        )
        new = evaluate(run, "dev")["greedy_accuracy"]
        kept = new >= old
        if kept:
            shutil.copy(run.checkpoint, options.out)
    held_out = len(data.scored("dev"))
    told = f"right of {held_out} held-out questions: {old:.0%} before, {new:.0%} after"
    print(narrow(told))
    if not kept:
        print(narrow(f"not kept: {options.out} is not written"), file=sys.stderr)
        return
    print(f"Written to {options.out}")


def _data(options: Any, language: Mapping[str, Any]) -> Any:
    """The folder's questions in the language of the model, divided into trained and held out."""
    from sparse_rl.datamodules.tables.own_tables import OwnTablesDataModule
    from sparse_rl.interpreters.tables import language as languages

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
    return OwnTablesDataModule(
        str(options.root),
        language=name,  # type: ignore[arg-type]
        questions=options.questions,
        divide="questions",
        dev_share=options.held_out,
        test_share=0.01,
        split_seed=options.seed,
        max_expressions=known.max_expressions,
        seed=options.seed,
    )
