"""Which functions programs may use, and their limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sparse_rl.interpreters.tables import functions
from sparse_rl.interpreters.tables.signature import Function
from sparse_rl.interpreters.tables.triggers import NO_TRIGGERS, Triggers


@dataclass(frozen=True)
class Language:
    """A set of functions and the limits of its programs.

    Attributes:
        functions: in the order of their action ids.
        max_expressions: expressions of the longest program.
        narrowing: a function from rows to rows is only offered where it changes the rows, a
            filter where it drops at least one. A filter that keeps all rows is work without
            effect; leaving it out loses no denotation.
        triggers: words that a question must have for a function to be offered; empty for none.
    """

    functions: tuple[Function, ...]
    max_expressions: int = 4
    narrowing: bool = True
    triggers: Triggers = NO_TRIGGERS

    def __post_init__(self) -> None:
        # `count` has a value on every non-empty set of rows, so no prefix is ever a dead end.
        if "count" not in self.names:
            raise ValueError("add count to the functions: without it a program could get stuck")
        if self.max_expressions < 1:
            raise ValueError(f"allow at least one expression, not {self.max_expressions}")
        self.triggers.check(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(function.name for function in self.functions)

    def state_dict(self) -> dict[str, Any]:
        """Functions and limits, for checkpoints."""
        return {
            "functions": [function.call.__name__ for function in self.functions],
            "max_expressions": self.max_expressions,
            "narrowing": self.narrowing,
            "triggers": self.triggers.state_dict(),
        }

    @classmethod
    def from_state_dict(cls, state: dict[str, Any]) -> Language:
        """The language that `state_dict` described."""
        chosen = tuple(_KNOWN[name] for name in state["functions"])
        triggers = Triggers.from_state_dict(state.get("triggers", {}))
        return cls(chosen, state["max_expressions"], state["narrowing"], triggers)


WIKISQL_FUNCTIONS = tuple(
    Function.of(call)
    for call in (
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
)
_FURTHER_FUNCTIONS = tuple(
    Function.of(call)
    for call in (
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
)
WTQ_FUNCTIONS = (
    # Their Python names say more, or belong to a builtin.
    Function.of(functions.distinct_hop, "hop"),
    *WIKISQL_FUNCTIONS[1:],
    *_FURTHER_FUNCTIONS,
    Function.of(functions.next_, "next"),
)
_KNOWN = {f.call.__name__: f for f in (*WIKISQL_FUNCTIONS, *WTQ_FUNCTIONS)}


def wikisql_language(max_expressions: int = 4, narrowing: bool = True) -> Language:
    """The ten functions that WikiSQL needs; `hop` keeps duplicates."""
    return Language(WIKISQL_FUNCTIONS, max_expressions, narrowing)


def wtq_language(
    max_expressions: int = 3, narrowing: bool = True, triggers: Triggers = NO_TRIGGERS
) -> Language:
    """All 23 functions; `hop` gives a set.

    Args:
        max_expressions: of a program; 3 as in MAPO.
        narrowing: see `Language`.
        triggers: `load_triggers()` gives those of MAPO; without any, every question is offered
            every function.
    """
    return Language(WTQ_FUNCTIONS, max_expressions, narrowing, triggers)
