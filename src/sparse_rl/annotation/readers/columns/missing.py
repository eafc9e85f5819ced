"""Markers of a missing value."""

from __future__ import annotations

from sparse_rl.annotation.readers.column_options import ColumnOptions
from sparse_rl.interpreters.tables.no_value import MARKERS


def missing_markers(options: ColumnOptions) -> frozenset[str]:
    """Returns the user's markers, or else the usual ones."""
    if options.missing is None:
        return MARKERS
    return frozenset({"", *(marker.strip().lower() for marker in options.missing)})
