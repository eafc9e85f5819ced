"""SQL over columns of dates, which are text such as `1950-06-xx`."""

from __future__ import annotations

from collections.abc import Sequence

from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.sql_cells import check_listed
from sparse_rl.interpreters.tables.sql_names import quote_text
from sparse_rl.interpreters.tables.table import Relation, Table

_OPERATORS: dict[Relation, str] = {"eq": "=", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
# Length of the text of a year, of year and month, and of a full date.
_LENGTHS = (4, 7, 10)


def compares_dates(table: Table, place: int, column: str, relation: Relation, date: Date) -> str:
    """Compares a column with a date, as text where the order of texts is that of the dates.

    Elsewhere, as for a month of any year, it lists the dates that have the relation.

    Args:
        table: table of the interpreter.
        place: the column's index there.
        column: its quoted name.
        relation: what the column's dates must be to the date.
        date: date of the program.
    """
    known = _leading(date)
    dates = {cell for cell in table.columns[place] if cell is not None}
    if known and all(_leading(cell) >= known for cell in dates):
        length = _LENGTHS[known - 1]
        text = quote_text(str(date)[:length])
        cell = column if length == 10 else f"substr({column}, 1, {length})"
        return f"{cell} {_OPERATORS[relation]} {text}"
    return is_one_of(
        column, [str(d) for d in dict.fromkeys(_related(table, place, relation, date))]
    )


def order_of_dates(table: Table, place: int, column: str) -> str:
    """Sort key of a column of dates; an unknown field comes first."""
    ranked = [str(date) for date in table.ranked(place)]
    texts = [text.replace("x", " ") for text in ranked]
    if texts == sorted(texts):
        return column if texts == ranked else f"replace({column}, 'x', ' ')"
    check_listed(len(ranked))
    cases = (f"WHEN {quote_text(text)} THEN {rank}" for rank, text in enumerate(ranked))
    return f"CASE {column} {' '.join(cases)} END"


def is_one_of(column: str, texts: Sequence[str]) -> str:
    """Tests whether the column is one of some texts."""
    check_listed(len(texts))
    return f"{column} IN ({', '.join(map(quote_text, texts))})" if texts else "FALSE"


def _related(table: Table, place: int, relation: Relation, date: Date) -> tuple[Date, ...]:
    return table.values(table.compared(place, relation, date), place)


def _leading(date: Date) -> int:
    """Number of known fields if they are the first, and a year has four digits; else 0."""
    known = [field is not None for field in date.fields]
    number = sum(known)
    ordered = known == sorted(known, reverse=True)
    return number if ordered and 0 <= (date.year or 0) <= 9999 else 0
