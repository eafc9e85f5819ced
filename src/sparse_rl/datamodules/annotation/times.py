"""Dates and times that a text mentions, with values as CoreNLP writes them (`1950-07-26`)."""

from __future__ import annotations

import re
from collections.abc import Callable

_MONTHS = str.split(
    "january february march april may june july august september october november december"
)
_SHORT = {name[:3]: number for number, name in enumerate(_MONTHS, 1)} | {"sept": 9}
_ALONE = sorted({*_SHORT} - {"may", "mar"}, key=len, reverse=True)
_DAYS = str.split("monday tuesday wednesday thursday friday saturday sunday")
CALENDAR = frozenset([*_MONTHS, *_DAYS]) - {"may", "march"}
"""Names of months and days that are nothing else."""
_FIXED = {
    "christmas": "XXXX-12-25",
    "weekend": "XXXX-WE",
    "weekends": "XXXX-WE",
    **dict.fromkeys(str.split("once previously past formerly recently medieval"), "PAST_REF"),
    **dict.fromkeys(str.split("now current currently"), "PRESENT_REF"),
    "future": "FUTURE_REF",
    "today": "THIS P1D",
    "tomorrow": "OFFSET P1D",
    "yesterday": "OFFSET P-1D",
    **{day: f"XXXX-WXX-{number}" for number, day in enumerate(_DAYS, 1)},
}
_SEASONS = {"winter": "WI", "summer": "SU", "spring": "SP", "fall": "FA", "autumn": "FA"}
_RELATIVE = {
    **dict.fromkeys((None, "same", "only"), "THIS"),
    **dict.fromkeys(("last", "previous", "past"), "PREV_IMMEDIATE"),
    **dict.fromkeys(("next", "following"), "NEXT_IMMEDIATE"),
}

_NAME = rf"(?P<month>{'|'.join([*_MONTHS, *_SHORT])})\.?"
_MONTH = r"(?P<month>0?[1-9]|1[0-2])"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"
_NTH = rf"{_DAY}(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[12]\d{3})"
_PERIOD = r"(?P<unit>year|month|week|day)"

Value = Callable[["re.Match[str]"], str]


def _calendar(match: re.Match[str]) -> str:
    """`yyyy-mm-dd`, as far as the fields were found; `XXXX` for an unknown year."""
    found = match.groupdict()
    value: str = found.get("year") or "XXXX"
    if month := found.get("month"):
        value += f"-{int(month) if month.isdigit() else _SHORT[month[:3]]:02d}"
    if day := found.get("day"):
        value += f"-{int(day):02d}"
    return value


def _interval(match: re.Match[str]) -> str:
    return f"{match['year']}/{match['end']}"


def _earlier(match: re.Match[str]) -> str:
    return f"OFFSET P-1{match['unit'][0].upper()}"


# Tried in this order at every token; a later one has its turn only where the earlier fail.
_RULES: tuple[tuple[str, Value], ...] = (
    (r"(?:the )?months? of the year", lambda m: "THIS P1Y INTERSECT P1M"),
    (
        rf"the month (?:of|in) {_NAME}(?: {_YEAR})?",
        lambda m: f"THIS P1M INTERSECT {_calendar(m)}",
    ),
    (rf"{_NAME} {_NTH} (?:, )?{_YEAR}", _calendar),
    (rf"{_NTH} {_NAME} (?:, )?{_YEAR}", _calendar),
    (rf"{_YEAR} {_NAME} {_NTH}", _calendar),
    (rf"{_NAME} (?:of |, )?{_YEAR}", _calendar),
    (rf"{_NAME} \d\d?-\d\d?", _calendar),
    (rf"{_NAME} {_NTH}(?! \d)", _calendar),
    (rf"{_NTH} {_NAME}", _calendar),
    (rf"{_MONTH}\\/{_DAY}\\/{_YEAR}", _calendar),
    (rf"{_MONTH}\\/{_DAY}\\/(?P<short>\d\d)", lambda m: f"XX{m['short']}{_calendar(m)[4:]}"),
    (rf"{_MONTH}-{_DAY}-{_YEAR}", _calendar),
    (rf"{_DAY}\.{_MONTH}\.{_YEAR}", _calendar),
    (rf"{_YEAR}-{_MONTH}(?:-{_DAY})?", _calendar),
    (rf"(?:the )?(?:first )?years? after {_YEAR}", lambda m: str(int(m["year"]) + 1)),
    (r"(?<=between )(?P<year>\d{4}) and (?P<end>\d{4})", _interval),
    (rf"{_YEAR}(?: to |-)(?P<end>[12]\d{{3}})", _interval),
    (
        rf"(?:the )?{_YEAR} (?P<season>{'|'.join(_SEASONS)})",
        lambda m: f"{m['year']}-{_SEASONS[m['season']]}",
    ),
    (r"(?:the )?(?P<n>\d\d?)(?:st|nd|rd|th) century", lambda m: f"{int(m['n']) - 1:02d}XX"),
    (r"(?:the )?(?P<decade>\d\d\d)0s", lambda m: f"{m['decade']}X"),
    (rf"(?:(?:the )?year )?{_YEAR}(?: (?:or|and|through)(?= \d{{4}}\b))?", _calendar),
    (rf"(?:the start of )?(?<!how )(?P<month>{'|'.join([*_MONTHS, *_ALONE])})", _calendar),
    (
        rf"(?:the|this) (?:(?P<which>same|only|last|previous|past|next|following) )?{_PERIOD}",
        lambda m: f"{_RELATIVE[m['which']]} P1{m['unit'][0].upper()}",
    ),
    (
        rf"(?:last|previous) {_PERIOD}",
        lambda m: f"THIS P1{m['unit'][0].upper()} {_earlier(m)}",
    ),
    (rf"{_PERIOD}s earlier", _earlier),
    (rf"(?P<fixed>{'|'.join(_FIXED)})", lambda m: _FIXED[m["fixed"]]),
)
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
