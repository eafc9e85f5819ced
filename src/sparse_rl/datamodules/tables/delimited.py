"""Rows of CSV and TSV files: the delimiter is the one that all rows agree on."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sparse_rl.datamodules.tables.table_options import TableOptions
from sparse_rl.datamodules.tables.text_files import read_text
from sparse_rl.errors import DataError

if TYPE_CHECKING:
    import _csv

NumberedRow = tuple[int, list[str]]
"""Number of a row's last line, and its cells."""

# Of delimiters that fit equally, a comma is the one that texts and numbers contain most often.
_DELIMITERS = "\t;|,"
_SAMPLE = 200
_SAMPLE_SIZE = 100_000
_INSTRUCTION = re.compile(r'"?sep=(?P<mark>[^"\n])"?[,;\t|]*\n', re.IGNORECASE)


@dataclass(frozen=True)
class _Dialect:
    delimiter: str
    # Whether a blank after a delimiter is skipped, as in `A, "x, y"`.
    skips_blanks: bool = False


def delimited_rows(path: Path, options: TableOptions) -> Iterator[NumberedRow | DataError]:
    """Reads the rows that have any text, headers first; an error ends the reading.

    Quotes are doubled within quotes (RFC 4180) and a quoted cell may hold newlines. A first line
    `sep=;` names the delimiter.
    """
    try:
        text = read_text(path, options.encoding)
        if not text.strip():
            raise DataError(f"write a line of headers first, the table is empty ({path}, line 1)")
    except DataError as error:
        yield error
        return
    skipped = 0
    delimiter = options.delimiter
    if instruction := _INSTRUCTION.match(text):
        text, skipped = text[instruction.end() :], 1
        delimiter = delimiter or instruction["mark"]
    if ".tsv" in path.suffixes:
        delimiter = delimiter or "\t"
    dialect = _dialect(text, delimiter)
    reader = _reader(text, dialect)
    # Equal cells share their text, which is most of a long table's memory.
    texts: dict[str, str] = {}
    try:
        for row in reader:
            if row:
                yield reader.line_num + skipped, [texts.setdefault(cell, cell) for cell in row]
    except csv.Error as error:
        line = reader.line_num + skipped
        yield DataError(f"fix the quotes: {error} ({path}, line {line})")


def _reader(text: str, dialect: _Dialect) -> _csv.Reader:
    # The limit of 128 KiB is one of all readers.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    return csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.delimiter,
        skipinitialspace=dialect.skips_blanks,
        strict=True,
    )


def _dialect(text: str, delimiter: str | None) -> _Dialect:
    """Chooses the dialect with the most rows of one width; of several, the first."""
    found = [_Dialect(mark) for mark in (delimiter or _DELIMITERS)]
    found += [_Dialect(mark, True) for mark in (delimiter or _DELIMITERS) if f'{mark} "' in text]
    ranks = [_agreement(text, dialect) for dialect in found]
    best = max(ranks)
    if not best:
        # No row has several cells: a table of one column.
        return found[0] if delimiter else _Dialect(",")
    chosen = found[ranks.index(best)]
    return _Dialect(chosen.delimiter, chosen.skips_blanks or _blank_before_quote(text, chosen))


def _blank_before_quote(text: str, dialect: _Dialect) -> bool:
    """Whether a whole field is a blank and a quoted text, as in `A, "x"`."""
    mark = re.escape(dialect.delimiter)
    fields = re.finditer(rf'("(?:[^"]|"")*"|[^{mark}\n]*)(?:{mark}|\n|\Z)', text[:_SAMPLE_SIZE])
    return any(re.fullmatch(r' +"[^"]*"', field[1]) for field in fields)


def _agreement(text: str, dialect: _Dialect) -> float:
    """Share of the first rows that have the most frequent width above 1."""
    widths: Counter[int] = Counter()
    try:
        for row in _reader(text, dialect):
            if any(cell.strip() for cell in row):
                widths[len(row)] += 1
            if widths.total() >= _SAMPLE:
                break
    except csv.Error:
        return 0.0
    return max((count for width, count in widths.items() if width > 1), default=0) / max(
        1, widths.total()
    )


def checked_widths(
    rows: Iterable[NumberedRow | DataError], path: Path
) -> Iterator[NumberedRow | DataError]:
    """Yields the rows, with an error in place of every row not as long as the header."""
    width = 0
    for entry in rows:
        if isinstance(entry, DataError):
            yield entry
            continue
        line, cells = entry
        width = width or len(cells)
        if len(cells) == width:
            yield entry
        else:
            told = f"fix this row: {len(cells)} cells under {width} headers"
            yield DataError(f"{told} ({path}, line {line})")
