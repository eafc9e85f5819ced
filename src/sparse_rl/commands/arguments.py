"""Options of our own commands."""

from __future__ import annotations

import argparse
import errno
import os
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, get_args

from sparse_rl.bounds import OptionError, Within, bounds_of_type
from sparse_rl.errors import SparseRLError
from sparse_rl.folders import check_writable
from sparse_rl.ray_cluster import EngineName


class Arguments(argparse.ArgumentParser):
    """Parser of argparse with one-line errors and without abbreviated options."""

    def __init__(self, command: str, description: str) -> None:
        super().__init__(f"sparse-rl {command}", description=description, allow_abbrev=False)

    def add_argument(self, *names: Any, **options: Any) -> argparse.Action:
        """Adds an option, as argparse; its type may have bounds, such as `bounds.Count`."""
        bounds = bounds_of_type(options.get("type"))
        if bounds is not None:
            kind = get_args(options["type"])[0]
            options["type"] = partial(_number, names[0], kind, bounds)
        return super().add_argument(*names, **options)

    def error(self, message: str) -> NoReturn:
        # argparse puts the option before the text of an error of a type.
        _, found, remedy = message.partition(": set ")
        raise SparseRLError(f"set {remedy}" if found else f"see {self.prog} --help: {message}")


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say where separate pieces of work are done."""
    parser.add_argument("--engine", choices=get_args(EngineName), default="local")
    parser.add_argument("--address", help='cluster of --engine=ray, as Ray has it, such as "auto"')


def out_file(text: str) -> Path:
    """Type of an option for a file to write: refused before the work, not after it.

    Raises:
        OSError: it cannot be written.
    """
    path = Path(text)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), text)
    check_writable(path)
    return path


def out_folder(text: str) -> Path:
    """Type of an option for a folder to write files into, as `out_file`."""
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), text)
    check_writable(path)
    return path


def _number(name: str, kind: type, bounds: Within, text: str) -> Any:
    """Reads a number within bounds."""
    try:
        value = kind(text)
    except ValueError:
        number = "a whole number" if kind is int else "a number"
        raise argparse.ArgumentTypeError(f"set {name} to {number}: got {text[:40]}") from None
    try:
        bounds.check(name, value)
    except OptionError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return value
