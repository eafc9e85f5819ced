"""What decides a column's type: its user, its cells, and the other columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sparse_rl.annotation.readers.column_options import NO_OPTIONS, ColumnOptions
from sparse_rl.annotation.readers.columns.cells import ColumnCells
from sparse_rl.annotation.readers.columns.dates import date_column
from sparse_rl.annotation.readers.columns.durations import duration_column
from sparse_rl.annotation.readers.columns.numbers import number_column
from sparse_rl.annotation.readers.columns.reading import ColumnReading, Defaults
from sparse_rl.annotation.readers.identifiers import identifier_kind
from sparse_rl.errors import DataError


def read_columns(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    options: Mapping[str, ColumnOptions] | None = None,
) -> tuple[ColumnReading, ...]:
    """Decides how every column is read.

    Cells that allow two readings everywhere follow the other columns of the table; else `1,234` is
    1234, `1.234` has decimals, and 01/02 is in January.

    Args:
        header: headers of the columns.
        rows: cells row by row.
        options: a user's choices by header.

    Raises:
        DataError: there is no column for an option, or a cell contradicts a user's choice.
    """
    options = options or {}
    unknown = [name for name in options if name not in header]
    if unknown:
        raise DataError(f"name a column of the table, not {unknown[0]!r}: it has {list(header)}")
    columns = [
        ColumnCells.of(name.strip(), [row[place] for row in rows], options.get(name, NO_OPTIONS))
        for place, name in enumerate(header)
    ]
    first = [_read(column, Defaults()) for column in columns]
    defaults = Defaults.of(first)
    if defaults == Defaults():
        return tuple(first)
    return tuple(
        _read(column, defaults) if reading.open else reading
        for column, reading in zip(columns, first, strict=True)
    )


def _read(column: ColumnCells, defaults: Defaults) -> ColumnReading:
    wanted = column.options.type
    if wanted is not None:
        return _wanted(column, wanted, defaults)
    if not column.cells:
        return ColumnReading(column.header)
    warnings: list[str] = []
    kind = identifier_kind(column.header, column.cells)
    if kind:
        return ColumnReading(column.header, "identifier", notes=(kind,))
    for attempt in (date_column, number_column, duration_column):
        found = attempt(column, defaults)
        if isinstance(found, ColumnReading):
            return found
        warnings += [found] if found else []
    return ColumnReading(column.header, warnings=tuple(warnings[:1]))


def _wanted(column: ColumnCells, wanted: str, defaults: Defaults) -> ColumnReading:
    """Reads a column as its user says.

    Raises:
        DataError: a cell contradicts it.
    """
    if wanted == "text":
        # As it is written: not even the numbers in it are read.
        return ColumnReading(column.header, "identifier")
    if not column.cells:
        return ColumnReading(column.header, wanted)  # type: ignore[arg-type]
    attempt: Callable[[ColumnCells, Defaults], ColumnReading | str]
    attempt = {"number": number_column, "date": date_column, "duration": duration_column}[wanted]
    found = attempt(column, defaults)
    if isinstance(found, str):
        told = found or f"{column.named(0)} is no {wanted}"
        raise DataError(f"fix the cell or the option of column {column.header!r}: {told}")
    return found
