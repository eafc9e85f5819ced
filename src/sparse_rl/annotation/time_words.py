"""Words of dates and times: months, days, seasons, units, and names of times."""

from __future__ import annotations

MONTHS = str.split(
    "january february march april may june july august september october november december"
)
"""Names of months, in order."""
SHORT = {name[:3]: number for number, name in enumerate(MONTHS, 1)} | {"sept": 9}
"""Numbers of months by their first letters."""
ALONE = [name for name in (*MONTHS, *SHORT) if name not in ("may", "mar")]
"""Names of months that are dates without a day or year."""
DAYS = str.split("monday tuesday wednesday thursday friday saturday sunday")
CALENDAR = frozenset([*MONTHS, *DAYS]) - {"may", "march"}
"""Names of months and days without another meaning."""
FIXED = {
    "halloween": "XXXX-10-31",
    "thanksgiving": "THANKSGIVING",
    "tonight": "THIS NI",
    **dict.fromkeys(("the weekend", "weekend", "weekends"), "XXXX-WE"),
    "christmas eve": "XXXX-12-24",
    **dict.fromkeys(("new year 's eve", "new years eve"), "XXXX-12-31"),
    **dict.fromkeys(("valentine 's day", "valentines day"), "XXXX-02-14"),
    **dict.fromkeys(("christmas", "christmas day", "xmas"), "XXXX-12-25"),
    **dict.fromkeys(("new year 's day", "new years day", "new year 's"), "XXXX-01-01"),
    **dict.fromkeys(str.split("once previously past recently medieval"), "PAST_REF"),
    **dict.fromkeys(str.split("now present current currently"), "PRESENT_REF"),
    "future": "FUTURE_REF",
    "today": "THIS P1D",
    "tomorrow": "OFFSET P1D",
    "yesterday": "OFFSET P-1D",
    **{day: f"XXXX-WXX-{number}" for number, day in enumerate(DAYS, 1)},
}
"""Values of names of times."""
ORDINALS = dict(
    zip(
        str.split(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
            "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
        ),
        range(1, 21),
        strict=True,
    )
)
"""Ordinals up to twenty."""
COUNTS = dict(
    zip(str.split("one two three four five six seven eight nine ten"), range(1, 11), strict=True)
)
"""Numbers up to ten."""
SEASONS = {"winter": "WI", "summer": "SU", "spring": "SP", "fall": "FA", "autumn": "FA"}
"""CoreNLP's codes of the seasons."""
RELATIVE: dict[str | None, str] = {
    **dict.fromkeys((None, "same", "only"), "THIS"),
    **dict.fromkeys(("last", "previous", "past"), "PREV_IMMEDIATE"),
    **dict.fromkeys(("next", "following"), "NEXT_IMMEDIATE"),
}
"""CoreNLP's operator for a word before a unit of time."""
UNITS = {
    **{"year": "1Y", "month": "1M", "week": "1W", "day": "1D"},
    **{"quarter": "3M", "decade": "10Y", "century": "100Y"},
}
"""Lengths of units of time."""
