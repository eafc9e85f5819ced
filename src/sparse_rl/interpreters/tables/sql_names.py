"""Names and literals in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from sparse_rl.interpreters.tables.table import Table

ROW_ID = "row_id"


def column_names(table: Table) -> tuple[str, ...]:
    """Names the columns that programs see, in the table's order.

    Views of numbers and dates of a text column have their kind added.

    >>> rows: list[tuple[str, str, str]] = []
    >>> column_names(Table("t", ("Name", "name", ""), ("text", "text", "text"), rows))
    ('Name', 'name_2', 'column')
    """
    bases = []
    slugs: set[str] = set()
    for header, property_ in zip(table.header, table.properties, strict=True):
        slug, _, view = property_.name.rpartition("-")
        bases.append(f"{_base(header)} ({view})" if slug in slugs else header)
        slugs.add(slug)
    return distinct_names(bases)


def distinct_names(headers: Sequence[str]) -> tuple[str, ...]:
    """Names columns by their headers, or "column" where one is empty.

    A name that is taken (ignoring letter case, as in SQL; `row_id` is always taken) gets the first
    free suffix of `_2`, `_3` and so on.
    """
    taken = {ROW_ID}
    names = []
    for base in map(_base, headers):
        name, copy = base, 1
        while name.lower() in taken:
            copy += 1
            name = f"{base}_{copy}"
        taken.add(name.lower())
        names.append(name)
    return tuple(names)


def _base(header: str) -> str:
    return storable(header).strip() or "column"


def quote_name(name: str) -> str:
    """Quotes an SQL identifier.

    >>> quote_name('5" guns')
    '"5"" guns"'
    """
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Quotes an SQL text literal.

    >>> quote_text("o'neal")
    "'o''neal'"
    """
    return "'" + storable(text).replace("'", "''") + "'"


def quote_number(value: float) -> str:
    """Writes an SQL number literal, an integer if the value is one.

    >>> quote_number(2.0), quote_number(0.25), quote_number(float("-inf"))
    ('2', '0.25', '-9e999')
    """
    if float(value).is_integer():
        return str(int(value))
    return repr(float(value)).replace("inf", "9e999")


def storable(text: str) -> str:
    """Replaces what SQL text cannot contain and no word has: lone surrogates and NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
