"""`sparse-rl check`: lists all problems of a config and its data, without training."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from sparse_rl.commands.arguments import Arguments
from sparse_rl.errors import SparseRLError


def parser() -> Arguments:
    """The command's own options."""
    options = Arguments(
        "check",
        "Lists all problems of a config and its data, without training; further options are "
        "those of fit, such as --data.root. The exit status is 1 if there are problems.",
    )
    options.add_argument("--config", required=True, help="a training config")
    return options


def main(args: Sequence[str]) -> None:
    """Prints a line per problem and their count; exits with status 1 if there are any.

    Choices made in reading tables are printed to the standard error.
    """
    options, rest = parser().parse_known_args(args)
    count = 0
    for count, problem in enumerate(_problems(options.config, rest), 1):
        print(f"{count}. {' '.join(problem.split())}")
    print(f"{count} problem{'' if count == 1 else 's'} in {options.config} and its data")
    if count:
        sys.exit(1)


def _problems(config: str, options: list[str]) -> Iterator[str]:
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
            print(f"note: {' '.join(note.split())}", file=sys.stderr)
        yield from data.problems()
