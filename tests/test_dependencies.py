"""What the package imports is what its installation brings."""

from __future__ import annotations

import ast
import configparser
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]


def declared() -> set[str]:
    """Names of the distributions in install_requires and in the extras for users."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    lists = [config["options"]["install_requires"]]
    lists += [text for extra, text in config["options.extras_require"].items() if extra != "dev"]
    lines = "\n".join(lists).split("\n")
    return {canonical(re.split(r"[\[<>=!~;\s]", line, maxsplit=1)[0]) for line in lines} - {""}


def canonical(name: str) -> str:
    """One spelling for all that an index takes for the same."""
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def imported() -> dict[str, str]:
    """Top-level modules of others that the source imports, early or late, each with one place."""
    found = {}
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found.update((name.partition(".")[0], str(path)) for name in modules(node))
    return {
        n: place for n, place in found.items() if n not in {*sys.stdlib_module_names, "sparse_rl"}
    }


def modules(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module


installed = cache(packages_distributions)
"""Distributions by the modules that they bring here."""


def distributions(module: str) -> set[str]:
    """Who brings a module; one that is not installed is taken for a distribution of its name."""
    return set(map(canonical, installed().get(module, [module])))


def test_every_import_is_declared() -> None:
    known = declared()
    missing = {n: place for n, place in imported().items() if known.isdisjoint(distributions(n))}
    assert not missing, f"declare these in setup.cfg: {missing}"


def test_every_requirement_is_imported() -> None:
    used = set().union(*map(distributions, imported()))
    assert declared() - used == {"jupyter", "nbclient", "ipykernel"}, "these are for notebooks"
