"""Configs by name: a file here, or one of those that come with the package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import yaml

from sparse_rl.errors import DataError, SparseRLError

FOLDERS = (Path("configs"), Path(__file__).with_name("configs"))
"""Folders in which configs are looked up: the working folder's and the package's."""


def shipped_configs() -> list[str]:
    """Lists the packaged configs, which `--config` finds from any folder."""
    return sorted({path.name for folder in FOLDERS for path in folder.glob("*.yaml")})


def find_config(name: str, option: str = "--config") -> str:
    """Returns a config's path: as given, or in one of `FOLDERS`.

    Raises:
        SparseRLError: there is no such file, or it is no YAML mapping.
    """
    for path in (Path(name), *(folder / name for folder in FOLDERS)):
        if path.is_file():
            read_yaml(path)
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


def family(args: Sequence[str]) -> str:
    """Returns the module of commands that trains a config's model: "programs" or "control".

    A learner of programs has one class, which its configs do not name; those of other families do.

    Args:
        args: arguments with resolved configs.
    """
    models = [content.get("model") for content in config_contents(args)]
    named = any(isinstance(model, dict) and "class_path" in model for model in models)
    given = any(a.partition("=")[0] in ("--model", "--model.class_path") for a in args)
    return "control" if named or given else "programs"


def config_contents(args: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Reads every file that a `--config` or `-c` names, in order; what is no file is left out."""
    for argument, following in zip_longest(args, args[1:], fillvalue=""):
        name, _, value = argument.partition("=")
        path = Path(value or following)
        if name in ("--config", "-c") and path.is_file():
            yield read_yaml(path)


MAX_NODES = 100_000


def read_yaml(path: Path) -> dict[str, Any]:
    """Reads a YAML file of `name: value` lines.

    Raises:
        DataError: it is no mapping, is not in UTF-8, or is huge or endless once its aliases
            (`*name`) are written out.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        content = None
        if node is not None:
            _size(node, {})
            content = loader.construct_document(node)
    except UnicodeDecodeError as error:
        raise DataError(f"save {path} as UTF-8: {error.reason} (byte {error.start})") from None
    except OSError as error:
        raise DataError(f"make {path} readable: {error.strerror}") from None
    except RecursionError:
        raise DataError(f"nest the values of {path} less deeply") from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise DataError(f"fix the YAML of {path}: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise DataError(f"write {path} as `name: value` lines")
    return content


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Counts the nodes below a node, with every alias written out.

    Raises:
        YAMLError: there are too many, or a node contains itself.
    """
    size = known.get(id(node))
    if size is None:
        known[id(node)] = MAX_NODES  # Of a node that contains itself.
        value = node.value if isinstance(node.value, list) else []
        parts = (part for item in value for part in (item if isinstance(item, tuple) else (item,)))
        size = known[id(node)] = 1 + sum(_size(part, known) for part in parts)
    if size >= MAX_NODES:
        raise yaml.YAMLError(f"its aliases stand for more than {MAX_NODES:,} values")
    return size
