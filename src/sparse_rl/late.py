"""Public names of a package that are imported at their first use.

Lightning and what it brings take seconds to import: a package with classes of Lightning beside
lighter modules must not import them for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def late_names(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Makes a package's `__getattr__`.

    Args:
        package: its `__name__`.
        homes: module of every public name.
    """

    def getattr_(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)

    return getattr_
