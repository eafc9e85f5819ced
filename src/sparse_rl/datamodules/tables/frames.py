"""Data frames and Parquet files as text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparse_rl.datamodules.tables.cell_text import cell_text
from sparse_rl.datamodules.tables.text_files import read_bytes
from sparse_rl.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Content = tuple[list[str], list[list[str]], list[str]]
"""Headers, columns of cells as text, and notes."""

# Names of an index without a name, in files that pandas writes.
_INDEX = re.compile(r"__index_level_\d+__")


def frame_content(source: pd.DataFrame | pd.Series[Any]) -> Content:
    """Converts a data frame or series; a named index, or one with labels, becomes columns.

    A numbered index without a name is left out; notes say so unless it counts the rows from 0.

    Raises:
        DataError: a cell cannot be written as text.
    """
    frame: Any = source if hasattr(source, "columns") else _series_frame(source)
    header: list[str] = []
    columns: list[list[str]] = []
    notes: list[str] = []
    labels: list[Any] = list(frame.columns)
    names = [" ".join(map(str, la)) if isinstance(la, tuple) else str(la) for la in labels]
    # By position: two columns may have the same label.
    cells = [_frame_cells(frame.iloc[:, place], names[place]) for place in range(len(names))]
    levels = [frame.index.get_level_values(level) for level in range(frame.index.nlevels)]
    labelled = any(_has_labels(values) for values in levels)
    for values in levels:
        texts = _frame_cells(values.to_series(), "the index")
        name = "index" if values.name is None else str(values.name)
        if values.name is None and not labelled:
            if list(values) != list(range(len(values))):
                notes.append("the index is left out: give it a name to have it as a column")
            continue
        if values.name is None:
            notes.append("the index has labels, read as the column 'index'")
        elif name in names:
            # set_index(drop=False) keeps the column too.
            if texts == cells[names.index(name)]:
                continue
            name = f"{name} (index)"
        header.append(name)
        columns.append(texts)
    return [*header, *names], [*columns, *cells], notes


def _series_frame(series: Any) -> Any:
    return series.to_frame("value" if series.name is None else series.name)


def _has_labels(index: Any) -> bool:
    return bool(index.dtype.kind not in "iu")


def _frame_cells(series: Any, name: str) -> list[str]:
    dtype = series.dtype
    if getattr(dtype, "kind", "") == "f" and getattr(dtype, "itemsize", 8) < 8:
        values: Iterable[Any] = series.to_numpy()
    else:
        values = series.astype(object)
    return _texts(values, name)


def _texts(values: Iterable[Any], name: str) -> list[str]:
    found = []
    for row, cell in enumerate(values, 1):
        try:
            found.append(cell_text(cell))
        except DataError as error:
            raise DataError(f"{error} (row {row}, column {name!r})") from None
    return found


def parquet_content(path: Path) -> Content:
    """Reads a Parquet file; the fields of a structure become columns.

    Raises:
        DataError: the file is missing or not Parquet, or a cell cannot be written as text.
    """
    import pyarrow as pa  # Late: it is slow to import.
    import pyarrow.parquet as pq

    content = read_bytes(path)
    try:
        table = pq.read_table(io.BytesIO(content))
    except pa.ArrowException as error:
        message = str(error).splitlines()[0]
        raise DataError(f"write the table again, it is not Parquet: {message} ({path})") from None
    while any(pa.types.is_struct(column.type) for column in table.schema):
        table = table.flatten()
    header: list[str] = []
    columns: list[list[str]] = []
    notes: list[str] = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        if _INDEX.fullmatch(name):
            if pa.types.is_integer(column.type):
                notes.append("the index is left out: give it a name to have it as a column")
                continue
            notes.append("the index has labels, read as the column 'index'")
        place = 0 if _INDEX.fullmatch(name) else len(header)
        name = "index" if _INDEX.fullmatch(name) else name
        try:
            columns.insert(place, _texts(_arrow_cells(column), name))
        except DataError as error:
            raise DataError(f"{error} ({path})") from None
        header.insert(place, name)
    return header, columns, notes


def _arrow_cells(column: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type) and column.type.bit_width < 64:
        return column.to_numpy()
    # Nanoseconds have no Python type without pandas.
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    if pa.types.is_duration(column.type) and column.type.unit == "ns":
        column = column.cast(pa.duration("us"), safe=False)
    if pa.types.is_time(column.type) and column.type.unit == "ns":
        column = column.cast(pa.time64("us"), safe=False)
    return column.to_pylist()
