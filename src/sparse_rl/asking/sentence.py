"""A program in one plain sentence."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sparse_rl.interpreters.tables.program import ALL_ROWS, Expression, Program, format_constant
from sparse_rl.interpreters.tables.table import Table

_RELATIONS = {
    "filter_in": "is",
    "filter_not_in": "is not",
    "filter_eq": "is",
    "filter_ne": "is not",
    "filter_gt": "is above",
    "filter_ge": "is at least",
    "filter_lt": "is below",
    "filter_le": "is at most",
}
_ROWS = {
    "argmax": "the row with the greatest {column} of {rows}",
    "argmin": "the row with the least {column} of {rows}",
    "first": "the first of {rows}",
    "last": "the last of {rows}",
    "previous": "the row before {rows}",
    "next": "the row after {rows}",
    "same_as": "the other rows with the {column} of {rows}",
}
_ANSWERS = {
    "hop": "the {column} of {rows}",
    "count": "the number of {rows}",
    "count_distinct": "the number of different values of {column} of {rows}",
    "maximum": "the greatest {column} of {rows}",
    "minimum": "the least {column} of {rows}",
    "sum": "the sum of {column} over {rows}",
    "average": "the average {column} of {rows}",
    "mode": "the most frequent {column} of {rows}",
    "diff": "the difference in {column} between {rows} and {other}",
}
_OTHER = "the result of {function} on {rows}"
"""For a function of the user's own."""
_WHERE = "the rows where "


def sentence(
    program: Program, table: Table, words: Mapping[object, str] = MappingProxyType({})
) -> str:
    """Says what a program computes: "This is the Golds of the rows where Nation is Peru.".

    Args:
        program: the program.
        table: the table that it runs on.
        words: constants as the question writes them.
    """
    if program[-1].function == "no_answer":
        return "The table does not seem to have the answer."
    phrases = {ALL_ROWS: "all rows"}
    for index, expression in enumerate(program):
        phrases[f"v{index}"] = _phrase(expression, phrases, table, words)
    return f"This is {phrases[f'v{len(program) - 1}']}."


def _phrase(
    expression: Expression,
    phrases: Mapping[str, str],
    table: Table,
    words: Mapping[object, str],
) -> str:
    headers = {p.name: " ".join(table.header[p.column].split()) for p in table.properties}
    rows, function = phrases[expression.rows], expression.function
    names = [a for a in expression.arguments if isinstance(a, str)]
    column = next((headers[name] for name in names if name in headers), "")
    if function in _RELATIONS:
        values = [words.get(a) or _said(a) for a in expression.arguments if not isinstance(a, str)]
        condition = f"{column} {_RELATIONS[function]} {' '.join(values)}"
        if expression.rows == ALL_ROWS:
            return f"{_WHERE}{condition}"
        joined = "and" if rows.startswith(_WHERE) else "where"
        return f"{rows} {joined} {condition}"
    other = next((phrases[name] for name in names if name in phrases), "")
    form = _ROWS.get(function) or _ANSWERS.get(function) or _OTHER
    return form.format(column=column, rows=rows, other=other, function=function)


def _said(value: object) -> str:
    """A constant as people write it."""
    if isinstance(value, tuple):
        return " or ".join(value)
    return format_constant(value).strip("[]")  # type: ignore[arg-type]
