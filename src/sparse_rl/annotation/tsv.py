r"""Reads text files of WikiTableQuestions' release: UTF-8 lines, tab-separated escaped fields.

A field has `\n` for a newline, `\p` for a vertical bar and `\\` for a backslash; vertical bars
separate the items of a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from sparse_rl.errors import DataError

T = TypeVar("T")

_ESCAPE = re.compile(r"\\([np\\])")
_MEANING = {"n": "\n", "p": "|", "\\": "\\"}


def unescape(field: str) -> str:
    r"""Unescapes a field.

    >>> unescape(r"either\por\na\\n")
    'either|or\na\\n'
    """
    return _ESCAPE.sub(lambda match: _MEANING[match[1]], field)


def escape(text: str) -> str:
    r"""Escapes a text for a field; a tab, which no field can have, becomes a blank.

    >>> escape("either|or\na\\"), unescape(escape("either|or")) == "either|or"
    ('either\\por\\na\\\\', True)
    """
    escaped = text.replace("\\", r"\\").replace("|", r"\p").replace("\t", " ")
    return escaped.replace("\r\n", r"\n").replace("\n", r"\n").replace("\r", r"\n")


def items(field: str) -> tuple[str, ...]:
    r"""Splits and unescapes a list.

    >>> items(r"a|b\pc")
    ('a', 'b|c')
    """
    return tuple(map(unescape, field.split("|")))


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Reads numbered lines without their ends.

    Raises:
        DataError: the file is missing, or a line is not UTF-8.
    """
    if not path.is_file():
        raise DataError(f"put the file there, or choose another folder or split: no file {path}")
    # As bytes, so that a broken line is reported with its number, and that no character but a
    # newline ends a line.
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise DataError(f"write UTF-8: {error} ({path}, line {number})") from None
            yield number, text.rstrip("\r\n")


def strict(found: Iterable[T | DataError]) -> Iterator[T]:
    """Yields the items up to the first error, and raises it."""
    for item in found:
        if isinstance(item, DataError):
            raise item
        yield item


def records(path: Path, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Reads numbered lines as fields by name, still escaped; the first line has the names.

    Raises:
        DataError: as `lines`; or a required name is missing; or a line has more or fewer fields
            than there are names.
    """
    return strict(entries(path, required))


def entries(
    path: Path, required: tuple[str, ...]
) -> Iterator[tuple[int, dict[str, str]] | DataError]:
    """Reads as `records`, with an error in place of every unreadable line."""
    names: list[str] = []
    try:
        for number, line in lines(path):
            fields = line.split("\t")
            if not names:
                names = fields
                missing = [name for name in required if name not in names]
                if missing:
                    raise DataError(f"add the column(s) {missing} ({path}, line {number})")
            elif len(fields) == len(names):
                yield number, dict(zip(names, fields, strict=True))
            elif line:
                yield DataError(
                    f"fix this line, or fetch the file again if it ends here: {len(fields)} "
                    f"fields of {len(names)} ({path}, line {number})"
                )
        if not names:
            raise DataError(f"fetch this file again, it is empty ({path}, line 1)")
    except DataError as error:
        yield error
