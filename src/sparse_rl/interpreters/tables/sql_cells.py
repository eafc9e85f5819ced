"""SQL that reads the cells of an imported table as the interpreter does.

A rule reads most cells of a column (as they are, in lower case, or without commas), and the query
lists the others. Only text functions that all databases have are used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sparse_rl.errors import ExecutionError
from sparse_rl.interpreters.tables.sql_names import quote_text, storable
from sparse_rl.interpreters.tables.table import Cell, ColumnType

MAX_LISTED = 5000
"""Most cells that a query lists of one column."""

# What every database casts to the same number.
_PLAIN = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)


class NoSQLError(ExecutionError):
    """A program has no SQL."""


@dataclass(frozen=True)
class _Rule:
    """A way to read text, in SQL and here."""

    sql: str
    apply: Callable[[str], str]


_AS_IS = _Rule("{}", str)
_LOWER = _Rule("lower({})", lambda text: text.lower() if text.isascii() else text)
_NO_COMMAS = _Rule("replace({}, ',', '')", lambda text: text.replace(",", ""))


def reading(
    column: str, texts: Sequence[str], values: Sequence[Cell | None], to: ColumnType
) -> str:
    """Writes the expression that gives a column's values from its text.

    >>> print(reading("Golds", ["1,200", "3", "two"], [1200, 3, 2], "real"))
    CAST(CASE Golds WHEN 'two' THEN '2' ELSE replace(Golds, ',', '') END AS BIGINT)

    Args:
        column: quoted name of the imported column.
        texts: its cells as text.
        values: the interpreter's.
        to: type of the values.

    Raises:
        NoSQLError: too many cells would have to be listed, or equal texts are read differently.
    """
    read = _distinct(texts, values)
    rules = (_AS_IS, _NO_COMMAS if to == "real" else _LOWER)
    fits = _same_number if to == "real" else _same_text
    best, listed = _AS_IS, read
    for rule in rules:
        others = {text: value for text, value in read.items() if not fits(rule, text, value)}
        if len(others) < len(listed):
            best, listed = rule, others
        if set(listed) <= {""}:
            break
    written = _cases(column, listed, best.sql.format(column))
    if to != "real":
        return written
    whole = all(isinstance(v, int) and abs(v) < 1 << 63 for v in read.values() if v is not None)
    return f"CAST({written} AS {'BIGINT' if whole else 'DOUBLE'})"


def check_listed(number: int) -> None:
    """Refuses a query that nobody could read.

    Raises:
        NoSQLError: more than `MAX_LISTED` cells would have to be listed.
    """
    if number > MAX_LISTED:
        raise NoSQLError(f"ask on a smaller table for SQL: it would list {number} cells")


def _distinct(texts: Sequence[str], values: Sequence[Cell | None]) -> dict[str, Cell | None]:
    pairs = dict.fromkeys(zip(texts, values, strict=True))
    read = dict(iter(pairs))
    if len(read) < len(pairs):
        raise NoSQLError("read equal cells of a column alike for SQL: they differ here")
    return read


def _cases(column: str, listed: dict[str, Cell | None], default: str) -> str:
    check_listed(len(listed))
    if not listed:
        return default
    if listed == {"": None} and default == column:
        return f"nullif({column}, '')"
    cases = (f"WHEN {quote_text(text)} THEN {_literal(value)}" for text, value in listed.items())
    return f"CASE {column} {' '.join(cases)} ELSE {default} END"


def _literal(value: Cell | None) -> str:
    return "NULL" if value is None else quote_text(str(value))


def _same_number(rule: _Rule, text: str, value: Cell | None) -> bool:
    plain = rule.apply(text)
    return (
        isinstance(value, (int, float))
        and bool(_PLAIN.fullmatch(plain))
        and ((int(plain) if plain.lstrip("-").isdigit() else float(plain)) == value)
    )


def _same_text(rule: _Rule, text: str, value: Cell | None) -> bool:
    if rule is _AS_IS and text is value:
        return True
    return value is not None and rule.apply(storable(text)) == storable(str(value))
