"""Languages: sets of functions and limits of programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sparse_rl.bounds import OptionError, ProgramLength, check_fields
from sparse_rl.interpreters.tables.function_sets import (
    PLAIN_FUNCTIONS,
    WIKISQL_FUNCTIONS,
    WTQ_FUNCTIONS,
)
from sparse_rl.interpreters.tables.registry import (
    check_declared,
    function_of,
    functions_of,
)
from sparse_rl.interpreters.tables.signature import Function
from sparse_rl.interpreters.tables.triggers import NO_TRIGGERS, Triggers

__all__ = [
    "PLAIN_FUNCTIONS",
    "WIKISQL_FUNCTIONS",
    "WTQ_FUNCTIONS",
    "Language",
    "plain_language",
    "wikisql_language",
    "wtq_language",
]


@dataclass(frozen=True)
class Language:
    """Set of functions and limits of programs.

    Attributes:
        functions: functions in the order of their action ids.
        max_expressions: greatest number of expressions in a program.
        narrowing: a function from rows to rows is only offered if it changes the rows, a filter
            if it drops at least one. A filter that keeps all rows has no effect; leaving it out
            loses no denotation.
        triggers: words that a question must have for a function to be offered; empty for none.
    """

    functions: tuple[Function, ...]
    max_expressions: ProgramLength = 4
    narrowing: bool = True
    triggers: Triggers = NO_TRIGGERS

    def __post_init__(self) -> None:
        # `count` has a value on every non-empty set of rows, so no prefix is a dead end.
        if "count" not in self.names:
            raise ValueError("add count to the functions: without it a program could get stuck")
        twice = {name for name in self.names if self.names.count(name) > 1}
        if twice:
            raise ValueError(f"leave one function of each name: {sorted(twice)} occur twice")
        for function in self.functions:
            if function.own:
                check_declared(function)
        check_fields(self)
        self.triggers.check(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(function.name for function in self.functions)

    def extended(self, *calls: Callable[..., Any]) -> Language:
        """Adds functions to the language, after its own.

        Args:
            calls: Python functions decorated with `@language_function`.

        Raises:
            SparseRLError: a function is not declared.
        """
        return replace(self, functions=(*self.functions, *map(function_of, calls)))

    def state_dict(self) -> dict[str, Any]:
        """Functions and limits, for checkpoints and for the keys of caches."""
        own = {f.name: f.digest for f in self.functions if f.own}
        return {
            "functions": [f.name if f.own else f.call.__name__ for f in self.functions],
            "max_expressions": self.max_expressions,
            "narrowing": self.narrowing,
            "triggers": self.triggers.state_dict(),
            # After a change of a function, programs found with it may no longer be right.
            **({"own": own} if own else {}),
        }

    @classmethod
    def from_state_dict(cls, state: dict[str, Any]) -> Language:
        """Restores the language of a `state_dict`; a user's own functions are as declared now.

        Raises:
            SparseRLError: one of its functions is not declared here.
        """
        chosen = functions_of(state["functions"])
        if not isinstance(state["narrowing"], bool):
            raise OptionError(f"set narrowing to true or false: got {state['narrowing']!r}")
        triggers = Triggers.from_state_dict(state.get("triggers", {}))
        return cls(chosen, state["max_expressions"], state["narrowing"], triggers)


def wikisql_language(max_expressions: int = 4, narrowing: bool = True) -> Language:
    """Language with the ten functions for WikiSQL; `hop` keeps duplicates."""
    return Language(WIKISQL_FUNCTIONS, max_expressions, narrowing)


def wtq_language(
    max_expressions: int = 3, narrowing: bool = True, triggers: Triggers = NO_TRIGGERS
) -> Language:
    """Language with all 23 functions; `hop` returns a set.

    Args:
        max_expressions: greatest number of expressions in a program; 3 as in MAPO.
        narrowing: see `Language`.
        triggers: MAPO's by `load_triggers()`; without any, all functions are offered for every
            question.
    """
    return Language(WTQ_FUNCTIONS, max_expressions, narrowing, triggers)


def plain_language(
    max_expressions: int = 4, narrowing: bool = True, triggers: Triggers = NO_TRIGGERS
) -> Language:
    """Language of plain questions: the 23 functions, `count_distinct` and `no_answer`.

    Args:
        max_expressions: greatest number of expressions in a program.
        narrowing: see `Language`.
        triggers: see `wtq_language`.
    """
    return Language(PLAIN_FUNCTIONS, max_expressions, narrowing, triggers)
