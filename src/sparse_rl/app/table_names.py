"""Names under which uploaded tables are kept."""

from __future__ import annotations

import glob
import hashlib
import re
import unicodedata

from sparse_rl.datamodules.tables.table_files import SUFFIXES
from sparse_rl.errors import DataError

_ENDINGS = (".csv.gz", ".tsv.gz", *SUFFIXES)
_LONGEST = 60
_DIGITS = 16


def safe_name(name: str) -> str:
    """Name of an uploaded file as one part of a path: letters, digits, `_` and `-`, and its ending.

    >>> safe_name("../../Our rivers (2021).CSV")
    'Our_rivers_2021.csv'

    Raises:
        DataError: it is not the name of a table's file.
    """
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    ending = next((e for e in _ENDINGS if last.lower().endswith(e)), None)
    if ending is None:
        shown = "".join(c for c in last if c.isprintable())[:_LONGEST]
        raise DataError(
            f"save the table as {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}: cannot read {shown!r}"
        )
    stem = re.sub(r"[^\w-]+", "_", last[: -len(ending)]).strip("_-")
    # What is cut off may end in a mark again.
    stem = stem[:_LONGEST].rstrip("_-")
    return f"{stem or 'table'}{ending}"


def stored_name(name: str, content: bytes) -> str:
    """Name of a kept table: the uploaded one with a part that depends on the content."""
    safe = safe_name(name)
    stem, dot, ending = safe.partition(".")
    return f"{stem}-{_digest(content)}{dot}{ending}"


def stored_pattern(name: str | None = None, content: bytes = b"") -> str:
    """Pattern of all kept tables, or of those with a content and the ending of a name."""
    if name is None:
        return f"*-{'[0-9a-f]' * _DIGITS}.*"
    ending = safe_name(name).partition(".")[2]
    return f"*-{_digest(content)}.{glob.escape(ending)}"


def shown_name(stored: str) -> str:
    """The name of a kept table as it was uploaded.

    >>> shown_name("tables/rivers-0123456789abcdef.csv")
    'rivers.csv'
    """
    return re.sub(rf"-[0-9a-f]{{{_DIGITS}}}(?=\.)", "", stored.rpartition("/")[2])


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]
