"""Reads JSON files and lines, checked against the kinds of their fields."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

from sparse_rl.errors import DataError

Kinds = Mapping[str, Any]
"""Fields with their types: `str`, `int`, `float` (any number), `dict`, `list[…]`, unions."""


def read_object(path: Path) -> dict[str, Any]:
    """Reads a JSON file that holds one object.

    Raises:
        DataError: the file cannot be read, or is something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    return _object(text, str(path))


def read_objects(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Reads a JSONL file: the place of every line, for errors, and its object.

    Raises:
        DataError: the file cannot be read, or a line is something else.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                place = f"{path}, line {number}"
                yield place, _object(line, place)
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def check_record(record: Mapping[str, Any], kinds: Kinds, place: str) -> None:
    """Checks that a record has all fields, each of its kind.

    Raises:
        DataError: a field is missing or of another kind.
    """
    if missing := sorted(kinds.keys() - record.keys()):
        raise DataError(f"fix {place}: it lacks {missing}")
    for name, kind in kinds.items():
        if not _fits(record[name], kind):
            raise DataError(f"fix {place}: {name} is {repr(record[name])[:40]}, not {_named(kind)}")


def _object(text: str, place: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"fix {place}: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise DataError(f'fix {place}: write it as {{"name": …}}')
    return content


def _unreadable(path: Path, error: OSError | UnicodeDecodeError) -> DataError:
    if isinstance(error, OSError):
        return DataError(f"make {path} a readable file: {error.strerror}")
    return DataError(f"save {path} as UTF-8: {error.reason} (byte {error.start})")


def _fits(value: Any, kind: Any) -> bool:
    if isinstance(kind, UnionType):
        return any(_fits(value, part) for part in get_args(kind))
    if get_origin(kind) is list:
        (inner,) = get_args(kind)
        return isinstance(value, list) and all(_fits(item, inner) for item in value)
    if kind is str:
        # A half of a surrogate pair can be written in JSON, but is no text.
        return isinstance(value, str) and not any("\ud800" <= c <= "\udfff" for c in value)
    if kind is float or kind is int:
        number = int | float if kind is float else int
        return isinstance(value, number) and not isinstance(value, bool)
    return kind is Any or isinstance(value, kind)


def _named(kind: Any) -> str:
    names = {str: "a text", int: "a whole number", float: "a number", dict: "an object"}
    if isinstance(kind, UnionType):
        return " or ".join(_named(part) for part in get_args(kind))
    if get_origin(kind) is list:
        return f"a list of which each is {_named(get_args(kind)[0])}"
    return names.get(kind, "null" if kind is type(None) else "anything")
