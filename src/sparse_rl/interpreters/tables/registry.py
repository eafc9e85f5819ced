"""Functions of a user's own: known by name once the module that declares them is imported.

A checkpoint holds names only and imports nothing, so whoever loads it imports the module first.
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
# In programs these words are something else.
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
    """Declares a function that languages can be extended by; `signature` says how it is written.

    Declaring it again in the same place, as a notebook does, replaces it.

    Args:
        call: the function, where this is used as `@language_function` without options.
        name: as programs write it; the function's own name if none is given.
        sql: how it is written in SQL, see `Function.sql`; without it, its programs have no SQL.

    Returns:
        The function as it is.

    Raises:
        SparseRLError: the name is taken, or the signature is none of a language's function.
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
                f"choose another name than {function.name!r} for {_place(call)}: programs have it "
                "for something else, or cannot write it"
            )
        _OWN[function.name] = function
        return call

    return declare if call is None else declare(call)


def function_of(call: Callable[..., Any]) -> Function:
    """The declared function that a Python function stands for.

    Raises:
        SparseRLError: it is not declared.
    """
    for function in (*_OWN.values(), *BUILTIN.values()):
        if function.call is call:
            return function
    raise SparseRLError(f"write @language_function above {_place(call)}: it is not declared")


def check_declared(function: Function) -> None:
    """Refuses what could be trained with, but not be restored.

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
    """The functions that a checkpoint names.

    Raises:
        SparseRLError: some of them have not been declared.
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
