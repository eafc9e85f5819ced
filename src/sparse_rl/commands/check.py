"""`sparse-rl check`: lists all problems of a config and its data, without training."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sparse_rl.commands.arguments import Arguments
from sparse_rl.errors import DataError, SparseRLError

if TYPE_CHECKING:
    from sparse_rl.exploration.tables.reach import Reach


def parser() -> Arguments:
    """The command's own options."""
    options = Arguments(
        "check",
        "Lists all problems of a config and its data, without training; further options are "
        "those of fit, such as --data.root. The exit status is 1 if there are problems.",
    )
    options.add_argument("--config", required=True, help="a training config")
    options.add_argument(
        "--search",
        action="store_true",
        help="also list the questions whose answer no program reaches, by exhaustive search with "
        "the budget of warm_start, and what is nearest (tables)",
    )
    options.add_argument("--json", action="store_true", help="print one JSON object")
    return options


def main(args: Sequence[str]) -> None:
    """Prints a line per problem and their count; exits with status 1 if there are any.

    Choices made in reading tables are printed to the standard error.
    """
    options, rest = parser().parse_known_args(args)
    notes: list[str] = []
    problems = []
    for problem in _problems(options.config, rest, notes):
        problems.append(" ".join(problem.split()))
        if not options.json:
            print(f"{len(problems)}. {problems[-1]}")
    reach = None
    if options.search:
        try:
            reach = _search(options.config, rest)
        except SparseRLError as error:
            # Without a problem above, it is one itself.
            if not problems:
                raise
            print(f"not searched: {error}", file=sys.stderr)
    if options.json:
        found: dict[str, Any] = {"problems": problems, "notes": notes}
        print(json.dumps(found if reach is None else {**found, "search": reach.to_dict()}))
    else:
        if reach is not None:
            print(*reach.lines(), sep="\n")
        count = len(problems)
        print(f"{count} problem{'' if count == 1 else 's'} in {options.config} and its data")
    if problems:
        sys.exit(1)


def _problems(config: str, options: list[str], notes: list[str]) -> Iterator[str]:
    """Yields the problems; adds the notes to the list, and prints them."""
    from sparse_rl.commands.config_problems import config_problems
    from sparse_rl.config_files import find_config
    from sparse_rl.datamodules.base import ExampleDataModule

    try:
        problems, data = config_problems(find_config(config), options)
    except SparseRLError as error:
        yield str(error)
        return
    yield from problems
    # A user's own data module may have no `problems`.
    if isinstance(data, ExampleDataModule):
        for note in data.notes():
            notes.append(" ".join(note.split()))
            print(f"note: {notes[-1]}", file=sys.stderr)
        yield from data.problems()


def _search(config: str, options: list[str]) -> Reach:
    """Searches the programs of all questions, with the budget of the config's warm start.

    Raises:
        SparseRLError: config or data have a problem, or the data are no tables.
    """
    from sparse_rl.commands.programs import instantiate
    from sparse_rl.config_files import find_config
    from sparse_rl.exploration.tables.reach import reach
    from sparse_rl.modules.tables.table_task import TableTask

    cli = instantiate([f"--config={find_config(config)}", *options])
    data, task, start = cli.datamodule, cli.model.task, cli.config_init["warm_start"]
    if not isinstance(task, TableTask):
        raise DataError(f"leave --search out: {type(task).__name__} has no questions over tables")
    data.prepare_data()
    task.attach(data)
    questions = [(split, example) for split in data.splits for example in data.examples(split)]
    return reach(questions, task.domain, start.budget, start.pool)
