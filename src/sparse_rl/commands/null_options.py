"""Refuses `null` for options that need a value: the parser lets it pass for those of classes."""

from __future__ import annotations

from typing import Any, get_type_hints

from jsonargparse import Namespace

from sparse_rl.bounds import OptionError, accepts_none
from sparse_rl.commands.option_errors import class_at


def refuse_nulls(options: Any, above: str = "") -> None:
    """Checks the options of all classes, such as an estimator or its prior.

    Args:
        options: the parser's result.
        above: its dotted name, with a dot at the end.

    Raises:
        OptionError: an option is null whose type has no None.
    """
    if not isinstance(options, Namespace):
        return
    for name, value in vars(options).items():
        if isinstance(value, Namespace) and "class_path" in value:
            given = value.get("init_args") or Namespace()  # type: ignore[no-untyped-call]
            nulls = {option for option, set_to in vars(given).items() if set_to is None}
            if wrong := sorted(nulls & _need_values(value.class_path)):
                raise OptionError(f"give {above}{name}.{wrong[0]} a value: it is null")
            refuse_nulls(given, f"{above}{name}.")
        else:
            refuse_nulls(value, f"{above}{name}.")


def _need_values(class_path: str) -> set[str]:
    """Returns the options of a class whose types have no None."""
    try:
        kind: Any = class_at(class_path)
        hints = get_type_hints(kind.__init__, include_extras=True)
    except (NameError, ImportError, AttributeError):
        # Of a library: types for type checkers only, or a class inside another.
        return set()
    return {option for option, hint in hints.items() if not accepts_none(hint)}
