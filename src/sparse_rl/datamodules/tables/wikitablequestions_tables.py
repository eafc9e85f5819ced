"""Reads the tables of WikiTableQuestions' public release, with CoreNLP's annotation."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from pathlib import Path

from sparse_rl.annotation.tsv import entries, items, lines, strict, unescape
from sparse_rl.annotation.types import CellTags, Place, RawTable
from sparse_rl.datamodules.tables.delimited import checked_widths
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.dates import Date

_CONTEXT = re.compile(r"csv/(.+)-csv/(.+)\.(?:csv|tsv)")


def table_path(root: Path, context: str) -> Path:
    """Path of a question's table; a `.tsv` if the folder lacks the `.csv`."""
    path = root / context
    sibling = path.with_suffix(".tsv")
    return sibling if sibling.is_file() and not path.is_file() else path


def tagged_table_path(root: Path, context: str) -> Path | None:
    """Path of the annotation of a table's cells, if there is one."""
    match = _CONTEXT.fullmatch(context)
    path = root / "tagged" / f"{match[1]}-tagged" / f"{match[2]}.tagged" if match else None
    return path if path is not None and path.is_file() else None


def release_place(path: Path) -> tuple[Path, str] | None:
    """Finds the release's folder and a table's path in it; None for a table elsewhere.

    A release has the folders `csv` and `data`.
    """
    parts = path.absolute().parts
    context = "/".join(parts[-3:])
    root = Path(*parts[:-3])
    return (root, context) if _CONTEXT.fullmatch(context) and (root / "data").is_dir() else None


def read_table(root: Path, context: str) -> RawTable:
    """Reads a table with its annotation.

    Raises:
        DataError: the file is missing, malformed or ragged, or its tagged file is malformed or
            annotates other cells.
    """
    header, *rows = strict(_rows(table_path(root, context)))
    tagged = tagged_table_path(root, context)
    tags = dict(strict(_tags(tagged, len(rows), len(header)))) if tagged else None
    return RawTable(header, rows, tags)


def table_errors(root: Path, context: str) -> Iterator[DataError]:
    """Yields all errors of `read_table`; those of the annotation only for a readable table."""
    found = list(_rows(table_path(root, context)))
    rows = [row for row in found if not isinstance(row, DataError)]
    tagged = tagged_table_path(root, context)
    if len(rows) < len(found):
        yield from (error for error in found if isinstance(error, DataError))
    elif tagged:
        tags = _tags(tagged, len(rows) - 1, len(rows[0]))
        yield from (error for error in tags if isinstance(error, DataError))


def _rows(path: Path) -> Iterator[list[str] | DataError]:
    """Yields the headers and the rows, with an error in place of a ragged row."""
    empty = True
    try:
        rows = _csv_rows(path) if path.suffix == ".csv" else _tsv_rows(path)
        for entry in checked_widths(rows, path):
            empty = False
            yield entry if isinstance(entry, DataError) else entry[1]
        if empty:
            raise DataError(f"write a line of headers first, the table is empty ({path}, line 1)")
    except DataError as error:
        yield error


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows with the numbers of their last lines. A backslash or doubling escapes a quote."""
    reader = csv.reader((f"{line}\n" for _, line in lines(path)), escapechar="\\", strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise DataError(f"fix the quotes: {error} ({path}, line {reader.line_num})") from None


def _tsv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    for number, line in lines(path):
        if line:
            yield number, [unescape(field) for field in line.split("\t")]


def _tags(path: Path, rows: int, columns: int) -> Iterator[tuple[Place, CellTags] | DataError]:
    """Reads the annotation of a table's cells, without the headers.

    Yields an error in place of every line that is malformed or names no cell of the table; without
    such a line, an error at the end if cells are missing.
    """
    places = set()
    number = 1
    broken = False
    for entry in entries(path, ("row", "col", "number", "date", "num2", "list")):
        if isinstance(entry, DataError):
            broken = True
            yield entry
            continue
        number, record = entry
        try:
            place = int(record["row"]), int(record["col"])
            cell = CellTags(
                _finite(record["number"]),
                _finite(record["num2"]),
                Date.parse(record["date"]) if record["date"] else None,
                items(record["list"]) if record["list"] else (),
            )
            if not (-1 <= place[0] < rows and 0 <= place[1] < columns):
                raise ValueError(
                    f"its table has {rows} rows and {columns} columns, none is {place}"
                )
        except ValueError as error:
            broken = True
            yield DataError(f"fetch this file again: {error} ({path}, line {number})")
            continue
        if place[0] >= 0:
            places.add(place)
            yield place, cell
    if not broken and len(places) != rows * columns:
        yield DataError(
            f"fetch this file again, or remove it: it has {len(places)} of the table's "
            f"{rows * columns} cells ({path}, line {number})"
        )


def _finite(text: str) -> float | None:
    """Reads a finite number; CoreNLP reads a colour such as #C5E384 as infinity."""
    number = float(text) if text else None
    return number if number is not None and math.isfinite(number) else None
