"""`sparse-rl ask`: answers questions about a table."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from sparse_rl.bounds import Within
from sparse_rl.commands.arguments import Arguments
from sparse_rl.errors import SparseRLError
from sparse_rl.folders import complete_file
from sparse_rl.quiet import set_quiet

Shown = Annotated[int, Within(1, 20)]
"""Programs that a screen has room for."""

if TYPE_CHECKING:
    from sparse_rl.asking.result import Result


def parser() -> Arguments:
    """The command's options."""
    options = Arguments(
        "ask",
        "Answers a question about a table, and says in a sentence what the answer is. Without a "
        "question it reads questions up to an empty line.",
    )
    options.add_argument("question", nargs="?", help="in quotes")
    options.add_argument(
        "--ckpt_path", required=True, help="a checkpoint, a run's folder for its best one, or best"
    )
    options.add_argument(
        "--table",
        required=True,
        help="a .csv, .tsv, .parquet, .xlsx or .ods file; choices in a .yaml file beside it",
    )
    options.add_argument(
        "--explain",
        action="store_true",
        help="also show the programs, the steps of the first on the table, and its SQL",
    )
    options.add_argument("--programs", type=Shown, default=5, help="programs kept; 1 to 20")
    options.add_argument(
        "--sql_table", help="also write the table as SQL to this file, for the queries to run on"
    )
    options.add_argument("--json", action="store_true", help="print one JSON object per question")
    return options


def main(args: Sequence[str]) -> None:
    """Runs the command.

    Raises:
        SparseRLError: the checkpoint or the table cannot be read, or the question is empty.
    """
    options = parser().parse_args(args)
    set_quiet(True)
    from sparse_rl.asking.model import load_model  # Late: --help must not wait for torch.

    model = load_model(options.ckpt_path)
    table = model.open(options.table)
    if options.sql_table is not None:
        with complete_file(Path(options.sql_table)) as partial:
            partial.write_text(table.sql_script(), encoding="utf-8")
    if options.question is not None:
        _show(model.ask(table, options.question, options.programs), options)
        return
    for question in _questions():
        try:
            _show(model.ask(table, question, options.programs), options)
        except SparseRLError as error:
            print(f"error: {error}", file=sys.stderr)


def _questions() -> Iterator[str]:
    """Reads lines of the standard input up to an empty one; prompts in a terminal."""
    while True:
        try:
            line = input("question> " if sys.stdin.isatty() else "")
        except EOFError:
            return
        if not line.strip():
            return
        yield line


def _show(result: Result, options: Namespace) -> None:
    if options.json:
        print(json.dumps(result.to_dict(), ensure_ascii=False, allow_nan=False))
        return
    from rich.console import Console

    from sparse_rl.asking.terminal_view import show

    show(result, Console(), options.explain)
