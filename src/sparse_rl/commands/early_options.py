"""Finds a mistyped option of a training before anything heavy is imported.

`options.json` lists the options of the training commands and of the package's classes; a test
compares it with the parser. What the list cannot decide, such as options of a user's own class, is
left to the parser, which has the last word.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sparse_rl.commands.option_errors import nearest
from sparse_rl.config_files import config_contents
from sparse_rl.errors import SparseRLError

FILE = Path(__file__).with_name("options.json")
_OF_A_CLASS = {"class_path", "init_args", "dict_kwargs", "help"}


def check_options(args: Sequence[str]) -> None:
    """Checks the names of a training's options.

    Args:
        args: options of `fit` and the like; every `--config` is a file that exists.

    Raises:
        SparseRLError: an option does not exist.
    """
    known, configs = _known(), [*config_contents(args)]
    for name in (a[2:].partition("=")[0].rstrip("+") for a in args if a.startswith("--")):
        if name in known["options"] or name in known["groups"]:
            continue
        parts = name.split(".")
        owners = {".".join(parts[:end]) for end in range(1, len(parts))} & set(known["options"])
        if not owners:
            raise SparseRLError(
                f"use an option that exists: no {name}{nearest(name, known['options'])}"
            )
        owner = max(owners, key=len)
        option = next((p for p in parts[owner.count(".") + 1 :] if p not in _OF_A_CLASS), None)
        # Of every class that is named: the parser drops what stands before a later one.
        classes = _classes_of(owner, configs, args)
        accepted = [known["classes"].get(class_) for class_ in classes]
        if option is not None and classes and not any(a is None or option in a for a in accepted):
            raise SparseRLError(
                f"use an option of {classes[-1]}: no {option}{nearest(option, accepted[-1])}"
            )


@cache
def _known() -> Mapping[str, Any]:
    content: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return content


def _classes_of(
    option: str, configs: Iterable[Mapping[str, Any]], args: Sequence[str]
) -> list[str]:
    """Short names of the classes that configs, then the command line, name for an option."""
    given = []
    for content in configs:
        found: Any = content
        for part in option.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        given.append(found.get("class_path") if isinstance(found, dict) else found)
    for flag in (f"--{option}=", f"--{option}.class_path="):
        given += [a.removeprefix(flag) for a in args if a.startswith(flag)]
    return [class_.rpartition(".")[2] for class_ in given if isinstance(class_, str)]
