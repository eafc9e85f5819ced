"""Markers of a missing value."""

from __future__ import annotations

from sparse_rl.annotation.readers.column_options import ColumnOptions

MISSING = frozenset(
    (
        *("", "not available", "not applicable", "not reported", "no data", "k. a.", "\\n"),
        *str.split("(blank) (null) (none) (unknown) unavailable n/d n.d. nd n/r tbc"),
        *str.split("- -- --- – — − ? ?? . .. ... … n/a na n.a. n.a nan nat <na> none null nil"),
        *str.split(
            "#n/a #na #value! #div/0! #ref! #name? #num! #null! #spill! #calc! "
            "#field! k.a. missing unknown tba tbd"
        ),
    )
)
"""Markers of a missing value in columns of numbers, dates and durations, in lower case."""


def missing_markers(options: ColumnOptions) -> frozenset[str]:
    """Returns the user's markers, or else the usual ones."""
    if options.missing is None:
        return MISSING
    return frozenset({"", *(marker.strip().lower() for marker in options.missing)})
