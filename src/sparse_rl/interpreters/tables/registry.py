"""Registry of users' own functions, by name, filled when the declaring module is imported.

A checkpoint has names only and imports nothing, so import the module before you load it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

from sparse_rl.errors import SparseRLError
from sparse_rl.interpreters.tables.function_sets import ALIASES, BUILTIN
from sparse_rl.interpreters.tables.signature import Function

Call = TypeVar("Call", bound=Callable[..., Any])

_OWN: dict[str, Function] = {}
# These words have another meaning in programs.
_TAKEN = {*BUILTIN, *(function.name for function in BUILTIN.values()), *ALIASES, "all_rows"}
_VARIABLE = re.compile(r"v\d+")


@overload
def language_function(call: Call) -> Call: ...
@overload
def language_function(
    *, name: str = "", sql: Callable[..., str] | None = None
) -> Callable[[Call], Call]: ...
def language_function(
    call: Call | None = None, *, name: str = "", sql: Callable[..., str] | None = None
) -> Call | Callable[[Call], Call]:
    """Declares a function for extended languages; `signature` explains its type hints.

    A second declaration in the same place, as in a notebook, replaces the first.

    Args:
        call: the function, if `@language_function` has no options.
        name: name in programs; by default the function's own.
        sql: its SQL, see `Function.sql`; without it, programs with the function have no SQL.

    Returns:
        The unchanged function.

    Raises:
        SparseRLError: the name is taken, or the signature is not that of a language function.
    """

    def declare(call: Call) -> Call:
        function = Function.of(call, name, sql)
        known = _OWN.get(function.name)
        if known is not None and _place(known.call) != _place(call):
            raise SparseRLError(
                f"choose another name than {function.name!r} for {_place(call)}: "
                f"{_place(known.call)} has it"
            )
        is_word = function.name.isidentifier() and not _VARIABLE.fullmatch(function.name)
        if function.name in _TAKEN or not is_word:
            raise SparseRLError(
                f"choose another name than {function.name!r} for {_place(call)}: in programs it "
                "has another meaning, or cannot be written"
            )
        _OWN[function.name] = function
        return call

    return declare if call is None else declare(call)


def function_of(call: Callable[..., Any]) -> Function:
    """Returns the declared function of a Python function.

    Raises:
        SparseRLError: the function is not declared.
    """
    for function in (*_OWN.values(), *BUILTIN.values()):
        if function.call is call:
            return function
    raise SparseRLError(f"write @language_function above {_place(call)}: it is not declared")


def check_declared(function: Function) -> None:
    """Refuses a function that could be used in training, but not restored.

    Raises:
        SparseRLError: a function of that name is not declared in the same place.
    """
    known = _OWN.get(function.name)
    if known is None or _place(known.call) != _place(function.call):
        raise SparseRLError(
            f"write @language_function above {_place(function.call)}: it is not declared as "
            f"{function.name!r}"
        )


def functions_of(names: Iterable[str]) -> tuple[Function, ...]:
    """Returns the functions that a checkpoint names.

    Raises:
        SparseRLError: some of them are not declared.
    """
    known = {**_OWN, **BUILTIN}
    missing = [name for name in names if name not in known]
    if missing:
        raise SparseRLError(
            f"import the module that declares {', '.join(missing)} before the checkpoint is "
            "loaded: no language function of that name is declared"
        )
    return tuple(known[name] for name in names)


def _place(call: Callable[..., Any]) -> str:
    return f"{call.__module__}.{call.__qualname__}"
