"""Cells without a value, and the constant that names them."""

from __future__ import annotations

NO_VALUE = ("",)
"""Strings of a filter that name the cells without a value, and never a part of a cell."""

MARKERS = frozenset(
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
