"""The package's own functions by dataset, with their names and aliases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparse_rl.interpreters.tables import functions
from sparse_rl.interpreters.tables.signature import Function, Guard
from sparse_rl.interpreters.tables.table import Table

_ANSWER = Guard(Table.present)
_SELECTION = Guard(Table.present, selects=True)
_GUARDS = {
    functions.hop: _ANSWER,
    functions.distinct_hop: _ANSWER,
    functions.maximum: _ANSWER,
    functions.minimum: _ANSWER,
    functions.sum: _ANSWER,
    functions.average: _ANSWER,
    functions.mode: _ANSWER,
    functions.count_distinct: _ANSWER,
    functions.diff: _ANSWER,
    functions.argmax: _SELECTION,
    functions.argmin: _SELECTION,
    functions.same_as: Guard(Table.repeated, one_row=True),
}
_EACH = {
    functions.hop: functions.each_value,
    functions.distinct_hop: functions.each_distinct_value,
    functions.mode: functions.each_most_frequent,
}


def _builtin(call: Callable[..., Any], name: str = "") -> Function:
    return Function.of(call, name, own=False, guard=_GUARDS.get(call), each=_EACH.get(call))


def _builtins(*calls: Callable[..., Any]) -> tuple[Function, ...]:
    return tuple(map(_builtin, calls))


WIKISQL_FUNCTIONS = _builtins(
    functions.hop,
    functions.filter_in,
    functions.filter_eq,
    functions.filter_gt,
    functions.filter_lt,
    functions.count,
    functions.maximum,
    functions.minimum,
    functions.sum,
    functions.average,
)
_FURTHER_FUNCTIONS = _builtins(
    functions.filter_ne,
    functions.filter_ge,
    functions.filter_le,
    functions.filter_not_in,
    functions.argmax,
    functions.argmin,
    functions.first,
    functions.last,
    functions.previous,
    functions.mode,
    functions.same_as,
    functions.diff,
)
WTQ_FUNCTIONS = (
    # The Python names are more specific, or avoid a builtin's.
    _builtin(functions.distinct_hop, "hop"),
    *WIKISQL_FUNCTIONS[1:],
    *_FURTHER_FUNCTIONS,
    _builtin(functions.next_, "next"),
)
PLAIN_FUNCTIONS = (*WTQ_FUNCTIONS, *_builtins(functions.count_distinct, functions.no_answer))
"""Functions of plain questions, some of which no table answers."""
BUILTIN = {f.call.__name__: f for f in (*WIKISQL_FUNCTIONS, *PLAIN_FUNCTIONS)}
"""Functions by their name in checkpoints: `hop` is another function in each set."""

# Names that other systems use for the same functions.
ALIASES = {
    "filter_str_contain_any": "filter_in",
    "filter_str_contain_not_any": "filter_not_in",
    "filter_not_eq": "filter_ne",
    "same": "same_as",
    "filter_eq_number": "filter_eq",
    "filter_greater": "filter_gt",
    "filter_less": "filter_lt",
    "max": "maximum",
    "min": "minimum",
}
