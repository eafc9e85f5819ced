"""A user's own tables as text: CSV, TSV and Parquet files, and data frames."""

from __future__ import annotations

import csv
import datetime
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparse_rl.annotation.tsv import lines, strict
from sparse_rl.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".tsv", ".parquet")
_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class TextTable:
    """Text of a table: every row as long as the header, empty cells blank."""

    header: list[str]
    rows: list[list[str]]


def read_table_file(path: str | Path) -> TextTable:
    """Reads a table from a file, by its suffix.

    Raises:
        DataError: the file is missing, of another kind, malformed, ragged or empty.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(
            f"save the table as {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}: cannot read {path}"
        )
    if path.suffix.lower() == ".parquet":
        return from_frame(_read_parquet(path), str(path))
    header, *rows = [row for _, row in strict(numbered_rows(path))]
    return checked(TextTable(header, rows), str(path))


def checked(table: TextTable, name: str) -> TextTable:
    """Returns the table if it has columns and rows.

    Raises:
        DataError: the table has no column, or no row.
    """
    if not table.header or not table.rows:
        lacks = "no columns" if not table.header else "headers and no rows below them"
        raise DataError(f"give a table with rows: {name} has {lacks}")
    return table


def numbered_rows(path: Path) -> Iterator[tuple[int, list[str]] | DataError]:
    """Reads the header and rows of a CSV or TSV file, with the number of each one's last line.

    Quotes are doubled within quotes (RFC 4180) and a quoted cell may hold newlines. A `.tsv` is
    separated by tabs, a `.csv` by the most frequent of `,`, `;`, tab and `|` in its first line.
    Lines without any text are skipped. Errors are yielded for rows not as long as the header, and
    for a broken quote or text that is not UTF-8, which end the reading.
    """
    try:
        numbered = list(lines(path))
        if not any(line.strip() for _, line in numbered):
            raise DataError(f"write a line of headers first, the table is empty ({path}, line 1)")
    except DataError as error:
        yield error
        return
    first = next(line for _, line in numbered if line.strip())
    reader = csv.reader(
        (f"{line}\n" for _, line in numbered), delimiter=_delimiter(path, first), strict=True
    )
    width = 0
    try:
        for row in reader:
            where = f"({path}, line {reader.line_num})"
            if not row or (len(row) == 1 and width > 1 and not row[0].strip()):
                continue
            if not width:
                width = len(row)
            if len(row) == width:
                yield reader.line_num, row
            else:
                yield DataError(f"fix this row: {len(row)} cells under {width} headers {where}")
    except csv.Error as error:
        yield DataError(f"fix the quotes: {error} ({path}, line {reader.line_num})")


def _delimiter(path: Path, first: str) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    unquoted = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=unquoted.count)


def repeated_headers(header: list[str]) -> list[str]:
    """Headers of more than one column, ignoring letter case and outer blanks."""
    counts = Counter(name.strip().lower() for name in header)
    return [name for name, count in counts.items() if name and count > 1]


def _read_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd  # Late: it is slow to import.
    import pyarrow

    if not path.is_file():
        raise DataError(f"put the file there, or name another: no file {path}")
    try:
        return pd.read_parquet(path)
    except pyarrow.ArrowInvalid as error:
        message = str(error).splitlines()[0]
        raise DataError(f"write the table again, it is not Parquet: {message} ({path})") from None


def from_frame(frame: pd.DataFrame, name: str = "the data frame") -> TextTable:
    """Converts a data frame's columns, and before them its index if it has a name.

    Raises:
        DataError: the table has no column, or no row.
    """
    if any(level is not None for level in frame.index.names):
        frame = frame.reset_index()
    labels: list[Any] = list(frame.columns)
    header = [" ".join(map(str, la)) if isinstance(la, tuple) else str(la) for la in labels]
    # By position: two columns may have the same label.
    columns = [frame.iloc[:, place].astype(object) for place in range(len(header))]
    cells = [[_text(cell) for cell in column] for column in columns]
    return checked(TextTable(header, [list(row) for row in zip(*cells, strict=True)]), name)


def _text(cell: Any) -> str:
    """Writes a cell as in a CSV file; integers without a fraction of zeros.

    >>> [_text(cell) for cell in (3.0, 2.5, None, float("nan"), datetime.datetime(2024, 3, 5))]
    ['3', '2.5', '', '', '2024-03-05']
    """
    # NaN and NaT differ from themselves; pandas' NA is neither true nor false.
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return ""
    if isinstance(cell, float):
        if cell != cell:
            return ""
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1 << 53 else repr(float(cell))
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    return str(cell)
