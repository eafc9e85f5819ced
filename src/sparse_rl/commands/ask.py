"""`sparse-rl ask`: answers questions about a table."""

from __future__ import annotations

import atexit
import gc
import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from sparse_rl.bounds import Within
from sparse_rl.commands.arguments import Arguments, out_file
from sparse_rl.errors import SparseRLError
from sparse_rl.folders import write_text
from sparse_rl.quiet import set_quiet

Shown = Annotated[int, Within(1, 20)]
"""Programs that a screen has room for."""

# Megabytes of text: from where on reading takes long, and how many a minute.
_LARGE = 10
_PER_MINUTE = 50

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
        "--ckpt_path",
        help="a checkpoint, a run's folder for its best one, or best; else the packaged model",
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
        "--sql_table",
        type=out_file,
        help="also write the table as SQL to this file, for the queries to run on",
    )
    options.add_argument("--verbose", action="store_true", help="show libraries' messages")
    options.add_argument("--json", action="store_true", help="print one JSON object per question")
    return options


def main(args: Sequence[str]) -> None:
    """Runs the command.

    Raises:
        SparseRLError: the checkpoint or the table cannot be read, or the question is empty.
    """
    options = parser().parse_args(args)
    set_quiet(not options.verbose)
    # The cells of a table live to the end: the collector would look through millions of them, and
    # at the end through all that was imported.
    gc.disable()
    atexit.register(gc.freeze)
    from sparse_rl.asking.model import load_model  # Late: --help must not wait for torch.

    model = load_model(options.ckpt_path)
    _tell_patience(Path(options.table))
    table = model.open(options.table)
    if options.sql_table is not None:
        write_text(options.sql_table, table.sql_script())
    if options.question is not None:
        _show(model.ask(table, options.question, options.programs), options)
        return
    for question in _questions():
        try:
            _show(model.ask(table, question, options.programs), options)
        except SparseRLError as error:
            print(f"error: {error}", file=sys.stderr)


def _tell_patience(path: Path) -> None:
    """Says in advance how long a large table takes."""
    megabytes = path.stat().st_size / 1e6 if path.is_file() else 0
    if megabytes > _LARGE:
        minutes = max(1, round(megabytes / _PER_MINUTE))
        some = "a minute" if minutes == 1 else f"{minutes} minutes"
        print(f"reading {megabytes:,.0f} MB takes about {some}", file=sys.stderr, flush=True)


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
