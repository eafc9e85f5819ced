"""`sparse-rl completion`: prints a script for shell completion of commands and paths."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import shtab

from sparse_rl.commands import COMMANDS, TRAINING
from sparse_rl.commands.arguments import Arguments
from sparse_rl.config_files import shipped_configs


def main(args: Sequence[str]) -> None:
    """Prints the script for a shell."""
    parser = Arguments("completion", "Prints a script that completes commands, configs and paths.")
    parser.add_argument("shell", choices=shtab.SUPPORTED_SHELLS)
    print(shtab.complete(_skeleton(), parser.parse_args(args).shell))


def _skeleton() -> argparse.ArgumentParser:
    """Builds a parser of the commands and their options that take a config or a path.

    Other options have dotted names that depend on the chosen classes: `--help` lists them.
    """
    options: dict[str, tuple[str, ...]] = dict.fromkeys(
        TRAINING, ("--config", "--ckpt_path", "--data.root")
    )
    options |= dict.fromkeys(COMMANDS, ("--config", "--out", "--data.root"))
    options |= {"ask": ("--ckpt_path", "--table"), "sweep": ("--out",), "report": ("--out",)}
    options["generate"] = ("--data.root", "--out")
    options["app"] = ("--folder", "--ckpt_path")
    options["learn"] = ("--ckpt_path", "--out")
    options["spurious"] = ("--config", "--ckpt_path", "--forms", "--out", "--data.root")
    options |= dict.fromkeys(("fetch", "annotate", "completion"), ())
    parser = argparse.ArgumentParser("sparse-rl")
    commands = parser.add_subparsers()
    for name, names in options.items():
        command = commands.add_parser(name, help=name)  # shtab leaves out those without help
        for option in names:
            if option == "--config":
                command.add_argument(option, choices=shipped_configs())
            else:
                command.add_argument(option).complete = shtab.FILE  # type: ignore[attr-defined]
    return parser
