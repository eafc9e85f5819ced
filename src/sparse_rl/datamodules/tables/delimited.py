"""Rows of CSV and TSV files: the delimiter is the one that all rows agree on."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sparse_rl.datamodules.tables.cell_text import visible
from sparse_rl.datamodules.tables.ruled_tables import ruled_rows
from sparse_rl.datamodules.tables.table_options import TableOptions
from sparse_rl.datamodules.tables.text_files import read_text
from sparse_rl.errors import DataError

if TYPE_CHECKING:
    import _csv

NumberedRow = tuple[int, list[str]]
"""Number of a row's last line, and its cells."""

# Of delimiters that fit equally, a comma is the one that texts and numbers contain most often.
_DELIMITERS = "\t;|,"
# A share of rows.
_FEW = 1 / 3
_SAMPLE = 200
_SAMPLE_SIZE = 100_000
_INSTRUCTION = re.compile(r'"?sep=(?P<mark>[^"\n])"?[,;\t|]*\n', re.IGNORECASE)

_FORMULA = re.compile(r'^="([^"]*)"$')
_OTHER = re.compile(r"\s*(<(?:!doctype|html|table|\?xml)|[\[{]\s*[{\[\"])", re.IGNORECASE)
_KINDS = {"<": "HTML or XML", "[": "JSON", "{": "JSON"}


@dataclass(frozen=True)
class _Dialect:
    delimiter: str
    # Whether a blank after a delimiter is skipped, as in `A, "x, y"`.
    skips_blanks: bool = False
    quote: str = '"'
    # What stands before a quote within quotes, where it is not doubled.
    escape: str | None = None


def delimited_rows(path: Path, options: TableOptions) -> Iterator[NumberedRow | DataError]:
    """Reads the rows that have any text, headers first; an error ends the reading.

    Quotes are doubled within quotes (RFC 4180) and a quoted cell may hold newlines. A first line
    `sep=;` names the delimiter. An empty line is an empty row.
    """
    try:
        text = read_text(path, options.encoding)
        # Old programs end a file with this mark.
        text = visible(text.removesuffix("\x1a"))
        if kind := _OTHER.match(text):
            raise DataError(f"save the table as CSV, this is {_KINDS[kind[1][0]]} ({path}, line 1)")
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
    if not delimiter and (ruled := ruled_rows(text)):
        yield from ((number + skipped, cells) for number, cells in ruled)
        return
    if ".tsv" in path.suffixes and ("\t" in text or not _is_comma_table(text)):
        delimiter = delimiter or "\t"
    reader = _reader(text, _dialect(text, delimiter))
    formulas = '="' in text
    # Equal cells share their text, which is most of a long table's memory.
    texts: dict[str, str] = {}
    last = 0
    try:
        for row in reader:
            last = reader.line_num
            cells = [_FORMULA.sub(r"\1", cell) for cell in row] if formulas else row
            yield last + skipped, list(map(texts.setdefault, cells, cells))
    except csv.Error as error:
        line = reader.line_num + skipped
        told = str(error)
        if "unexpected end" in told:
            told = f"one that begins in line {last + 1 + skipped} never closes"
        yield DataError(f"fix the quotes: {told} ({path}, line {line})")


def _reader(text: str, dialect: _Dialect) -> _csv.Reader:
    # The limit of 128 KiB is one of all readers.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    return csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.delimiter,
        skipinitialspace=dialect.skips_blanks,
        quotechar=dialect.quote,
        escapechar=dialect.escape,
        strict=True,
    )


def _dialect(text: str, delimiter: str | None) -> _Dialect:
    """Chooses the dialect with the most rows of one width; of several, the first."""
    found = _dialects(text, delimiter)
    ranks = [_agreement(text, dialect) for dialect in found]
    best = max(ranks)
    share, rows = best
    # Where hardly a row has several cells, the table has one column.
    if not rows or (not delimiter and rows == 1 and share <= _FEW):
        return found[0] if delimiter else _Dialect(",", quote=found[0].quote)
    chosen = found[ranks.index(best)]
    blanks = chosen.skips_blanks or _blank_before_quote(text, chosen)
    return replace(chosen, skips_blanks=blanks)


def _dialects(text: str, delimiter: str | None) -> list[_Dialect]:
    marks = delimiter or _DELIMITERS
    found = [_Dialect(mark) for mark in marks]
    found += [_Dialect(mark, True) for mark in marks if f'{mark} "' in text]
    if text.startswith("'"):
        found = [_Dialect(mark, quote="'") for mark in marks if f"'{mark}'" in text] + found
    if '\\"' in text:
        found += [_Dialect(mark, escape="\\") for mark in marks]
    return found


def _is_comma_table(text: str) -> bool:
    """Whether all rows have the same number of cells, with another delimiter than the tab."""
    return max(_agreement(text, _Dialect(mark)) for mark in _DELIMITERS)[0] == 1


def _blank_before_quote(text: str, dialect: _Dialect) -> bool:
    """Whether a whole field is a blank and a quoted text, as in `A, "x"`."""
    mark = re.escape(dialect.delimiter)
    fields = re.finditer(rf'("(?:[^"]|"")*"|[^{mark}\n]*)(?:{mark}|\n|\Z)', text[:_SAMPLE_SIZE])
    return any(re.fullmatch(r' +"[^"]*"', field[1]) for field in fields)


def _agreement(text: str, dialect: _Dialect) -> tuple[float, int]:
    """Share and number of the first rows that have the most frequent width above 1."""
    widths: Counter[int] = Counter()
    try:
        for row in _reader(text, dialect):
            if any(cell.strip() for cell in row):
                widths[len(row)] += 1
            if widths.total() >= _SAMPLE:
                break
    except csv.Error:
        return 0.0, 0
    rows = max((count for width, count in widths.items() if width > 1), default=0)
    return rows / max(1, widths.total()), rows


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
