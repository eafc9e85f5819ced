"""Names and literals in SQL."""

from __future__ import annotations

from sparse_rl.interpreters.tables.table import Table

ROW_ID = "row_id"


def column_names(table: Table) -> tuple[str, ...]:
    """Names the columns in the database, in the table's order.

    A name is the header, or "column" if it is empty; views of numbers and dates of a text column
    have their kind added. A name that is taken (ignoring letter case, as in SQL; `row_id` is always
    taken) gets the first free suffix of `_2`, `_3` and so on.

    >>> rows: list[tuple[str, str, str]] = []
    >>> column_names(Table("t", ("Name", "name", ""), ("text", "text", "text"), rows))
    ('Name', 'name_2', 'column')
    """
    taken = {quote_name(ROW_ID)}
    names = []
    slugs: set[str] = set()
    for header, type_, property_ in zip(table.header, table.types, table.properties, strict=True):
        slug, _, view = property_.name.rpartition("-")
        base = storable(header).replace("\0", " ").strip() or "column"
        if slug in slugs:
            base = f"{base} ({view})"
        slugs.add(slug)
        name, copy = base, 1
        while not taken.isdisjoint(_all_names(name, type_)):
            copy += 1
            name = f"{base}_{copy}"
        taken |= _all_names(name, type_)
        names.append(name)
    return tuple(names)


def date_fields(name: str) -> tuple[str, str, str]:
    """Quoted columns of year, month and day for a column of dates.

    >>> date_fields("Opened")
    ('"Opened year"', '"Opened month"', '"Opened day"')
    """
    year, month, day = (quote_name(f"{name} {field}") for field in ("year", "month", "day"))
    return year, month, day


def _all_names(name: str, type_: str) -> set[str]:
    own = {quote_name(name)}
    return {n.lower() for n in (own.union(date_fields(name)) if type_ == "date" else own)}


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
    escaped = storable(text).replace("'", "''")
    # SQL text cannot contain NUL itself.
    return "'" + escaped.replace("\0", "' || char(0) || '") + "'"


def quote_number(value: float) -> str:
    """Writes an SQL number literal, an integer if the value is one.

    >>> quote_number(2.0), quote_number(0.25), quote_number(float("-inf"))
    ('2', '0.25', '-9e999')
    """
    if float(value).is_integer():
        return str(int(value))
    return repr(float(value)).replace("inf", "9e999")


def storable(text: str) -> str:
    """Replaces lone surrogates, which cannot be stored and are part of no word."""
    return text.encode("utf-8", "replace").decode("utf-8")
