"""Configs by name: a file here, or one of those that come with the package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sparse_rl.errors import SparseRLError

FOLDERS = (Path("configs"), Path(__file__).with_name("configs"))
"""Folders in which configs are looked up: the working folder's and the package's."""


def shipped_configs() -> list[str]:
    """Lists the packaged configs, which `--config` finds from any folder."""
    return sorted({path.name for folder in FOLDERS for path in folder.glob("*.yaml")})


def find_config(name: str, option: str = "--config") -> str:
    """Returns a config's path: as given, or in one of `FOLDERS`."""
    for path in (Path(name), *(folder / name for folder in FOLDERS)):
        if path.is_file():
            return str(path)
    raise SparseRLError(
        f"give {option} an existing file: no {name}; shipped are {shipped_configs()}"
    )


def resolve_configs(args: Sequence[str]) -> list[str]:
    """Returns the arguments with every `--config` and `-c` looked up."""
    resolved = list(args)
    for index, argument in enumerate(resolved):
        if argument.startswith("--config="):
            resolved[index] = "--config=" + find_config(argument.removeprefix("--config="))
        elif argument in ("--config", "-c") and index + 1 < len(resolved):
            resolved[index + 1] = find_config(resolved[index + 1])
    return resolved
