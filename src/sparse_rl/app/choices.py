"""Choices for reading a table, as people make them on the page."""

from __future__ import annotations

from dataclasses import replace

from sparse_rl.annotation.readers.column_options import NO_OPTIONS, column_options
from sparse_rl.datamodules.tables.table_options import TableOptions

_TAB = r"\t"
"""How a tab is typed."""


def with_column(
    options: TableOptions,
    column: str,
    type_: str | None,
    decimal: str | None,
    order: str | None,
    unit: str | None,
    missing: str,
) -> TableOptions:
    """Replaces the choices for a column; None, and no text, leave the choice to its cells.

    Args:
        options: the table's choices.
        column: header of the column.
        type_: see `ColumnOptions`, as `decimal`, `order` and `unit`.
        decimal: likewise.
        order: likewise.
        unit: likewise.
        missing: markers of a missing value, separated by commas.

    Raises:
        DataError: a choice has another value than allowed.
    """
    markers = [marker.strip() for marker in missing.split(",") if marker.strip()]
    given = {"type": type_, "decimal": decimal, "order": order, "unit": unit}
    chosen = column_options({column: {**given, "missing": markers or None}})
    columns = {**options.columns, **chosen}
    return replace(options, columns={n: c for n, c in columns.items() if c != NO_OPTIONS})


def with_file_options(
    options: TableOptions, encoding: str, delimiter: str, header: int | None, sheet: str
) -> TableOptions:
    """Replaces the choices for a file; no text leaves the choice to the file."""
    mark = "\t" if delimiter == _TAB else delimiter
    return replace(
        options,
        encoding=encoding.strip() or None,
        delimiter=mark or None,
        header=header,
        sheet=sheet.strip() or None,
    )
