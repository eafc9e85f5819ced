"""Dates and times that a text mentions, with values as CoreNLP writes them (`1950-07-26`)."""

from __future__ import annotations

import re
from collections.abc import Callable

_MONTHS = str.split(
    "january february march april may june july august september october november december"
)
_SHORT = {name[:3]: number for number, name in enumerate(_MONTHS, 1)} | {"sept": 9}
_DAYS = str.split("monday tuesday wednesday thursday friday saturday sunday")
CALENDAR = frozenset([*_MONTHS, *_DAYS]) - {"may", "march"}
"""Names of months and days that are nothing else."""
_UNITS = {"year": "P1Y", "month": "P1M", "week": "P1W", "day": "P1D"}
_FIXED = {
    "christmas": "XXXX-12-25",
    "weekend": "XXXX-WE",
    "weekends": "XXXX-WE",
    **dict.fromkeys(
        str.split("once previously past formerly recently medieval"), "PAST_REF"
    ),
    **dict.fromkeys(str.split("now current currently"), "PRESENT_REF"),
    "future": "FUTURE_REF",
    "today": "THIS P1D",
    "tomorrow": "OFFSET P1D",
    "yesterday": "OFFSET P-1D",
    **{day: f"XXXX-WXX-{number}" for number, day in enumerate(_DAYS, 1)},
}
_SEASONS = {"winter": "WI", "summer": "SU", "spring": "SP", "fall": "FA", "autumn": "FA"}
_RELATIVE = {
    **dict.fromkeys(("", "same", "only", "this", "that"), "THIS"),
    **dict.fromkeys(("last", "previous", "past"), "PREV_IMMEDIATE"),
    **dict.fromkeys(("next", "following"), "NEXT_IMMEDIATE"),
}

_MONTH = rf"(?P<month>{'|'.join([*_MONTHS, *_SHORT])})\.?"
_YEAR = r"(?P<year>[12]\d{3})"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"

_MM = r"(?P<month>0?[1-9]|1[0-2])"

Value = Callable[["re.Match[str]"], str]


def _calendar(match: re.Match[str]) -> str:
    """`yyyy-mm-dd` of the fields that were found."""
    found = {name: text for name, text in match.groupdict().items() if text}
    value = found.get("year", "XXXX")
    if "month" in found:
        month = found["month"]
        number = int(month) if month.isdigit() else _SHORT[month[:3]]
        value += f"-{number:02d}"
    return value + (f"-{int(found['day']):02d}" if "day" in found else "")


def _relative(match: re.Match[str]) -> str:
    return f"{_RELATIVE[match['which'] or '']} {_UNITS[match['unit']]}"


# Tried in this order at every token; a later one has its turn only where the earlier fail.
_RULES: tuple[tuple[str, Value], ...] = (
    (rf"(?:the )?months? of the year", lambda m: "THIS P1Y INTERSECT P1M"),
    (
        rf"the month (?:of|in) {_MONTH}(?: {_YEAR})?",
        lambda m: f"THIS P1M INTERSECT {_calendar(m)}",
    ),
    (rf"(?:the start of )?{_MONTH} {_DAY} ,? ?{_YEAR}", _calendar),
    (rf"{_DAY} {_MONTH} ,? ?{_YEAR}", _calendar),
    (rf"{_YEAR} {_MONTH} {_DAY}", _calendar),
    (rf"{_DAY}\.{_MM}\.{_YEAR}", _calendar),
    (
        rf"{_MM}\\/{_DAY}\\/(?P<short>\d\d)",
        lambda m: f"XX{m['short']}-{int(m['month']):02d}-{int(m['day']):02d}",
    ),
    (rf"{_MONTH} (?:of |, )?{_YEAR}", _calendar),
    (rf"{_MONTH} \d\d?-\d\d?", lambda m: f"XXXX-{_SHORT[m['month'][:3]]:02d}"),
    (rf"{_MONTH} {_DAY}(?! \d)", _calendar),
    (rf"{_DAY} {_MONTH}", _calendar),
    (rf"{_MM}\\/{_DAY}\\/{_YEAR}", _calendar),
    (rf"{_MM}-{_DAY}-{_YEAR}", _calendar),
    (rf"{_YEAR}-{_MM}-{_DAY}", _calendar),
    (
        rf"(?:the )?(?:first )?years? after {_YEAR}",
        lambda m: str(int(m["year"]) + 1),
    ),
    (rf"(?<=between )(?P<year>\d{{4}}) and (?P<end>\d{{4}})", lambda m: f"{m['year']}/{m['end']}"),
    (rf"{_YEAR}-{_MM}", _calendar),
    (rf"{_YEAR} to (?P<end>\d{{4}})", lambda m: f"{m['year']}/{m['end']}"),
    (rf"{_YEAR}-(?P<end>1\d{{3}}|20\d\d)", lambda m: f"{m['year']}/{m['end']}"),
    (
        rf"(?P<the>the )?{_YEAR} (?P<season>winter|summer|spring|fall|autumn)",
        lambda m: f"{m['year']}-{_SEASONS[m['season']]}",
    ),
    (rf"(?:the )?(?P<century>\d\d?)(?:st|nd|rd|th) century", lambda m: f"{int(m['century']) - 1:02d}XX"),
    (r"(?:the )?(?P<decade>\d\d\d)0s", lambda m: f"{m['decade']}X"),
    (rf"(?:(?:the )?year )?{_YEAR}(?: (?:or|and|through)(?= \d{{4}}\b))?", _calendar),
    (rf"(?:the start of )?(?<!how )(?P<month>{'|'.join(_MONTHS)})", _calendar),
    (
        r"(?:the |this )(?:(?P<which>same|only|last|previous|past|next|following) )?"
        r"(?P<unit>year|month|week|day)",
        _relative,
    ),
    (r"(?:last|previous) (?P<unit>year|month|week|day)", lambda m: f"THIS {_UNITS[m['unit']]} OFFSET P-1{_UNITS[m['unit']][-1]}"),
    (r"(?P<unit>year|month|week|day)s earlier", lambda m: f"OFFSET P-1{_UNITS[m['unit']][-1]}"),
    (rf"(?P<fixed>{'|'.join(_FIXED)})", lambda m: _FIXED[m["fixed"]]),
)  # fmt: skip
_COMPILED = tuple((re.compile(rf"{pattern}(?!\S)"), value) for pattern, value in _RULES)

_START = re.compile(
    rf"\d|(?:the|this|years?|months?|weeks|days|last|previous)\b|{'|'.join([*_SHORT, *_FIXED])}"
)


def may_start_date(text: str, start: int = 0) -> bool:
    """Whether a date can begin there: a cheap test before `match_date`."""
    return _START.match(text, start) is not None


def match_date(text: str, start: int) -> tuple[int, str] | None:
    """The date that starts at a token of the blank-joined text: its end and value.

    >>> match_date("won on 26 july 2010 ?", 7)
    (19, '2010-07-26')
    """
    if not may_start_date(text, start):
        return None
    for pattern, value in _COMPILED:
        match = pattern.match(text, start)
        if match:
            return match.end(), value(match)
    return None
