"""Configs by name: a file here, or one of those that come with the package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sparse_rl.errors import SparseRLError

FOLDERS = (Path("configs"), Path(__file__).with_name("configs"))
"""Where configs are looked up: here, and in the package."""


def shipped_configs() -> list[str]:
    """The names under which `--config` finds a file wherever it is called."""
    return sorted({path.name for folder in FOLDERS for path in folder.glob("*.yaml")})


def find_config(name: str, option: str = "--config") -> str:
    """A config's path: as given, or in one of `FOLDERS`."""
    for path in (Path(name), *(folder / name for folder in FOLDERS)):
        if path.is_file():
            return str(path)
    raise SparseRLError(
        f"give {option} an existing file: no {name}; shipped are {shipped_configs()}"
    )


def resolve_configs(args: Sequence[str]) -> list[str]:
    """Arguments with every `--config` and `-c` looked up."""
    resolved = list(args)
    for index, argument in enumerate(resolved):
        if argument.startswith("--config="):
            resolved[index] = "--config=" + find_config(argument.removeprefix("--config="))
        elif argument in ("--config", "-c") and index + 1 < len(resolved):
            resolved[index + 1] = find_config(resolved[index + 1])
    return resolved
