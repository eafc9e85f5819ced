"""The house keeps its plan: arrows between the rooms run one way, and names mean one thing."""

from __future__ import annotations

import ast
import importlib
from collections import defaultdict
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import sparse_rl

PACKAGE = Path(sparse_rl.__file__).parent
GROUND = {
    "bounds",
    "records",
    "errors",
    "folders",
    "late",
    "lifetime",
    "seeds",
    "processes",
    "ray_cluster",
    "ray_runs",
    "ray_tasks",
    "quiet",
    "config_files",
    "natural_order",
    "run_names",
    "progress",
    "narrow",
}
DOMAINS = {"tables", "mazes", "rooms", "toys", "quickstart", "everyday", "countdown"}

# What a room may import, beside the ground. A new arrow is a decision: it is entered here.
MAY_IMPORT: dict[str, set[str]] = {
    "checkpoint_file": set(),
    "checkpoint_parts": {"checkpoint_file"},
    "interpreters": set(),
    "annotation": {"interpreters"},
    "exploration": {"interpreters"},
    "replay": {"checkpoint_parts", "exploration", "interpreters"},
    "estimators": {"exploration", "interpreters"},
    "datamodules": {"annotation", "interpreters"},
    "modules": {
        "checkpoint_file",
        "datamodules",
        "estimators",
        "exploration",
        "interpreters",
        "replay",
    },
    "analysis": set(),
    "sweep": {"analysis"},
    "asking": {"annotation", "checkpoint_file", "datamodules", "interpreters", "modules"},
    "app": {"annotation", "asking", "datamodules", "interpreters"},
    "callbacks": {
        "analysis",
        "checkpoint_file",
        "checkpoint_parts",
        "datamodules",
        "exploration",
        "interpreters",
        "modules",
        "replay",
    },
    "interface": {
        "analysis",
        "callbacks",
        "checkpoint_file",
        "estimators",
        "exploration",
        "modules",
        "replay",
    },
    # A leaf: control is imported by nobody but its own commands.
    "control": {"analysis", "callbacks", "checkpoint_file", "estimators"},
    "commands": {
        "analysis",
        "annotation",
        "app",
        "asking",
        "callbacks",
        "checkpoint_file",
        "control",
        "datamodules",
        "estimators",
        "exploration",
        "interface",
        "interpreters",
        "modules",
        "replay",
        "sweep",
    },
    "cli": {"commands"},
    "__main__": {"cli"},
}


@cache
def imports() -> dict[str, set[str]]:
    """By module, relative to the package, the package's modules that it imports anywhere in it."""
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[module] = names = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "sparse_rl":
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sparse_rl."):
                names.add(str(node.module).removeprefix("sparse_rl."))
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name.startswith("sparse_rl."):
                        names.add(alias.name.removeprefix("sparse_rl."))
    # The package itself hands names out and is not imported from within.
    found.pop("")
    return found


def room(module: str) -> str:
    return module.partition(".")[0]


def test_rooms_import_only_what_lies_below_them() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, names in imports().items()
        for name in names
        if room(name) not in {room(module), *GROUND, *MAY_IMPORT.get(room(module), ())}
    ]
    assert not wrong


def test_the_ground_imports_nothing_above_it() -> None:
    assert all({room(name) for name in imports()[module]} <= GROUND for module in GROUND)


def test_the_plan_has_no_circle() -> None:
    list(TopologicalSorter(MAY_IMPORT).static_order())


def test_no_module_is_part_of_a_circle() -> None:
    files = {name: below & imports().keys() for name, below in imports().items()}
    packages = {name for name in files if any(other.startswith(f"{name}.") for other in files)}
    graph = {
        name: {other for other in below if other not in packages}
        for name, below in files.items()
        if name not in packages
    }
    list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("torch_free", ["interpreters", "annotation", "errors", "analysis"])
def test_rooms_without_torch(torch_free: str) -> None:
    for path in PACKAGE.rglob("*.py"):
        if room(".".join(path.relative_to(PACKAGE).with_suffix("").parts)) == torch_free:
            assert "import torch" not in path.read_text(encoding="utf-8"), path
            assert "from torch" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("generic", ["estimators", "exploration", "replay", "modules", "interface"])
def test_generic_rooms_know_no_domain(generic: str) -> None:
    for module, names in imports().items():
        if room(module) == generic and not DOMAINS & set(module.split(".")):
            assert not [name for name in names if DOMAINS & set(name.split("."))], module


def test_only_commands_import_control_and_nothing_but_the_front_imports_commands() -> None:
    for module, names in imports().items():
        for name in names:
            assert room(name) != "control" or room(module) in ("control", "commands"), module
            assert room(name) != "commands" or room(module) in ("cli", "commands"), module


def test_every_package_says_what_is_public_and_no_name_means_two_things() -> None:
    public: dict[str, set[int]] = defaultdict(set)
    for folder in sorted({path.parent for path in PACKAGE.rglob("*.py")}):
        name = ".".join((PACKAGE.name, *folder.relative_to(PACKAGE).parts))
        module = importlib.import_module(name)
        for public_name in module.__all__:
            public[public_name].add(id(getattr(module, public_name)))
    assert {name for name, things in public.items() if len(things) > 1} == set()


def test_no_two_classes_or_aliases_share_a_name() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            name = node.name if isinstance(node, ast.ClassDef) else ""
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                # Aliases of types are written in capitals and small letters.
                alias = node.targets[0].id
                aliased = isinstance(node.value, (ast.Subscript, ast.BinOp, ast.Name))
                name = alias if aliased and not alias.isupper() else ""
            if name and not name.startswith("_"):
                homes[name].append(str(path.relative_to(PACKAGE)))
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}
