"""A user's choices for reading a table: `rivers.csv.yaml` beside `rivers.csv`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from sparse_rl.annotation.readers.column_options import ColumnOptions, column_options
from sparse_rl.errors import DataError


@dataclass(frozen=True)
class TableOptions:
    """Choices for a table; None where the file decides.

    Attributes:
        encoding: encoding of a text file, such as `cp1252`.
        delimiter: what separates its cells.
        header: line of its headers, from 1; lines above are left out.
        sheet: name of the sheet of a spreadsheet.
        columns: choices for columns, by header.
    """

    encoding: str | None = None
    delimiter: str | None = None
    header: int | None = None
    sheet: str | None = None
    columns: Mapping[str, ColumnOptions] = field(default_factory=dict)


def options_path(path: Path) -> Path:
    """Path of a table's options."""
    return path.with_name(f"{path.name}.yaml")


def options_text(options: TableOptions) -> str:
    """Writes options as YAML; what is left to the file is left out."""
    content = _chosen(options)
    columns = {name: chosen for name, c in options.columns.items() if (chosen := _chosen(c))}
    if columns:
        content["columns"] = columns
    if not content:
        return ""
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    # Line ends that YAML alone knows, such as U+0085, are read as blanks unless they are escaped.
    return text if yaml.safe_load(text) == content else yaml.safe_dump(content, sort_keys=False)


def _chosen(options: TableOptions | ColumnOptions) -> dict[str, Any]:
    """The options that are set, in the types of YAML."""
    found = {field.name: getattr(options, field.name) for field in fields(options)}
    found.pop("columns", None)
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in found.items()
        if value is not None
    }


def options_of(path: Path) -> TableOptions:
    """Reads the options of a table, if it has any.

    Raises:
        DataError: the file is no YAML, or an option is unknown or has another value than allowed.
    """
    file = options_path(path)
    if not file.is_file():
        return TableOptions()
    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"write YAML: {' '.join(str(error).split())} ({file})") from None
    names = [option.name for option in fields(TableOptions)]
    if not isinstance(given, dict) or not set(given) <= set(names):
        raise DataError(f"choose from the options {', '.join(names)}, not {given!r:.80} ({file})")
    columns = given.pop("columns", None) or {}
    if not isinstance(columns, dict):
        raise DataError(f"write columns as options by header, not {columns!r:.80} ({file})")
    for name, wanted in {"encoding": str, "delimiter": str, "header": int, "sheet": str}.items():
        if name in given and (type(given[name]) is not wanted or not given[name]):
            raise DataError(f"write {name} as {wanted.__name__}, not {given[name]!r:.80} ({file})")
    if len(given.get("delimiter", ",")) != 1:
        raise DataError(f"write delimiter as one character, not {given['delimiter']!r} ({file})")
    return TableOptions(**given, columns=column_options(columns, f" ({file})"))
