"""Predictions in the format of WikiSQL's own evaluation."""

from __future__ import annotations

import math
from typing import TypedDict

from sparse_rl.datamodules.tables.wikisql_format import AGGREGATES, RELATIONS, WikiSQLQuery
from sparse_rl.errors import ExecutionError
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.program import ExecutedExpression, Program, run_program
from sparse_rl.interpreters.tables.table import Scalar, Table

_RELATIONS = {"filter_eq": "=", "filter_gt": ">", "filter_lt": "<"}
_AGGREGATES = {
    "hop": "",
    "maximum": "MAX",
    "minimum": "MIN",
    "count": "COUNT",
    "sum": "SUM",
    "average": "AVG",
}


class NoQueryError(ExecutionError):
    """No query of WikiSQL's form is equivalent to the program on its table."""


class Submission(TypedDict, total=False):
    """Line of the file: a query, or the reason for its absence."""

    query: dict[str, object]
    error: str


def submission(program: Program, table: Table, language: Language) -> Submission:
    """Converts a program to `{"query": {"sel", "agg", "conds"}}`, or to `{"error": …}`.

    Raises:
        ExecutionError: the program has no value on the table.
    """
    try:
        query = to_query(program, table, language)
    except NoQueryError as error:
        return {"error": str(error)}
    conditions = [list(condition) for condition in query.conditions]
    return {"query": {"sel": query.select, "agg": query.aggregate, "conds": conditions}}


def to_query(program: Program, table: Table, language: Language) -> WikiSQLQuery:
    """Finds a query with the program's denotation on this table.

    A query's condition on text is equality. So a filter for a part of a cell becomes equality with
    the one cell found; with several different cells there is no query.

    Raises:
        NoQueryError: there is no such query.
        ExecutionError: the program has no value on the table.
    """
    columns = {property_.name: property_.column for property_ in table.properties}
    steps = run_program(program, table, language)
    *filters, last = steps
    rows = filters[-1].value if filters else table.all_rows
    name = last.expression.function
    if name not in _AGGREGATES or not isinstance(rows, int):
        raise NoQueryError(f"end with one of {', '.join(_AGGREGATES)}, not with {name}")
    if name == "count":
        select = _full_column(table, rows)
    else:
        select = columns[str(last.expression.arguments[-1])]
    conditions = tuple(_condition(step, columns, table) for step in filters)
    return WikiSQLQuery(select, AGGREGATES.index(_AGGREGATES[name]), conditions)


def _condition(
    step: ExecutedExpression, columns: dict[str, int], table: Table
) -> tuple[int, int, Scalar]:
    expression, rows = step.expression, step.value
    if expression.function != "filter_in" and expression.function not in _RELATIONS:
        raise NoQueryError(f"filter by equality or order of numbers, not by {expression.function}")
    value, name = expression.arguments
    column = columns[str(name)]
    assert isinstance(rows, int)
    if expression.function == "filter_in":
        found = sorted(set(table.values(rows, column)))
        if len(found) > 1:
            raise NoQueryError(
                f"ask for one cell instead of {len(found)}: {found[0]!r}, {found[1]!r}"
            )
        return column, RELATIONS.index("="), found[0]
    if not isinstance(value, float) or not math.isfinite(value):
        raise NoQueryError(f"filter by equality or order of finite numbers: {expression}")
    relation = _RELATIONS[expression.function]
    return column, RELATIONS.index(relation), int(value) if value.is_integer() else value


def _full_column(table: Table, rows: int) -> int:
    """Finds a column without empty cells on the rows: COUNT leaves them out."""
    for column in range(len(table.header)):
        if not rows & ~table.present(column):
            return column
    raise NoQueryError("count something else: every column has empty cells there")
