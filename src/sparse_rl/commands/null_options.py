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
            given = value.get("init_args") or Namespace()
            hints = get_type_hints(class_at(value.class_path).__init__, include_extras=True)
            for option, hint in hints.items():
                if option in given and given[option] is None and not accepts_none(hint):
                    raise OptionError(f"give {above}{name}.{option} a value: it is null")
            refuse_nulls(given, f"{above}{name}.")
        else:
            refuse_nulls(value, f"{above}{name}.")
