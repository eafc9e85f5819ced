"""Dates and times that a text mentions, with values as CoreNLP writes them (`1950-07-26`)."""

from __future__ import annotations

import re
from collections.abc import Callable

_MONTHS = str.split(
    "january february march april may june july august september october november december"
)
_SHORT = {name[:3]: number for number, name in enumerate(_MONTHS, 1)} | {"sept": 9}
_ALONE = [name for name in (*_MONTHS, *_SHORT) if name not in ("may", "mar")]
_DAYS = str.split("monday tuesday wednesday thursday friday saturday sunday")
CALENDAR = frozenset([*_MONTHS, *_DAYS]) - {"may", "march"}
"""Names of months and days that are nothing else."""
_FIXED = {
    "halloween": "XXXX-10-31",
    "thanksgiving": "THANKSGIVING",
    "tonight": "THIS NI",
    **dict.fromkeys(("the weekend", "weekend", "weekends"), "XXXX-WE"),
    **dict.fromkeys(("christmas", "christmas day", "xmas"), "XXXX-12-25"),
    **dict.fromkeys(("new year 's day", "new years day", "new year 's"), "XXXX-01-01"),
    **dict.fromkeys(str.split("once previously past recently medieval"), "PAST_REF"),
    **dict.fromkeys(str.split("now present current currently"), "PRESENT_REF"),
    "future": "FUTURE_REF",
    "today": "THIS P1D",
    "tomorrow": "OFFSET P1D",
    "yesterday": "OFFSET P-1D",
    **{day: f"XXXX-WXX-{number}" for number, day in enumerate(_DAYS, 1)},
}
_SEASONS = {"winter": "WI", "summer": "SU", "spring": "SP", "fall": "FA", "autumn": "FA"}
_RELATIVE: dict[str | None, str] = {
    **dict.fromkeys((None, "same", "only"), "THIS"),
    **dict.fromkeys(("last", "previous", "past"), "PREV_IMMEDIATE"),
    **dict.fromkeys(("next", "following"), "NEXT_IMMEDIATE"),
}

_NAME = rf"(?P<month>{'|'.join([*_MONTHS, *_SHORT])})\.?"
_MONTH = r"(?P<month>0?[1-9]|1[0-2])"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"
_NTH = rf"{_DAY}(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[12]\d{3})"
_WEEKDAY = rf"(?:(?:{'|'.join(_DAYS)}) (?:, )?)?"
_PART = r"(?:(?:start|end|beginning) of|early|mid|late) "
_UNITS = {
    **{"year": "1Y", "month": "1M", "week": "1W", "day": "1D"},
    **{"quarter": "3M", "decade": "10Y", "century": "100Y"},
}
_PERIOD = rf"(?P<unit>{'|'.join(_UNITS)})"

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
    return f"OFFSET P-{_UNITS[match['unit']]}"


# Tried in this order at every token; a later one has its turn only where the earlier fail.
_RULES: tuple[tuple[str, Value], ...] = (
    (r"(?:the )?months? of the year", lambda m: "THIS P1Y INTERSECT P1M"),
    (rf"{_WEEKDAY}{_NAME} {_NTH} (?:, )?{_YEAR}", _calendar),
    (rf"{_WEEKDAY}(?:the )?{_NTH} (?:of )?{_NAME} (?:, )?{_YEAR}", _calendar),
    (rf"{_YEAR} {_NAME} {_NTH}", _calendar),
    (rf"{_NAME} (?:of |, )?{_YEAR}", _calendar),
    (rf"{_NAME} \d\d?-\d\d?", _calendar),
    (rf"{_WEEKDAY}{_NAME} {_NTH}(?! \d)", _calendar),
    (rf"{_WEEKDAY}(?:the )?{_NTH} (?:of )?{_NAME}", _calendar),
    (rf"{_MONTH}\\/{_DAY}\\/{_YEAR}", _calendar),
    (rf"{_MONTH}\\/{_DAY}\\/(?P<short>\d\d)", lambda m: f"XX{m['short']}{_calendar(m)[4:]}"),
    (rf"{_MONTH}-{_DAY}-{_YEAR}", _calendar),
    (rf"{_DAY}\.{_MONTH}\.{_YEAR}", _calendar),
    (rf"{_YEAR}-{_MONTH}(?:-{_DAY})?", _calendar),
    (rf"(?:the )?(?:first )?years? after {_YEAR}", lambda m: str(int(m["year"]) + 1)),
    (rf"(?:the )?(?:last )?years? before {_YEAR}", lambda m: str(int(m["year"]) - 1)),
    (r"(?<=between )(?P<year>\d{4}) and (?P<end>\d{4})", _interval),
    (rf"{_YEAR}(?:(?<=from \d{{4}}) to |-)(?P<end>[12]\d{{3}})", _interval),
    (
        rf"(?:the )?{_YEAR} (?P<season>{'|'.join(_SEASONS)})",
        lambda m: f"{m['year']}-{_SEASONS[m['season']]}",
    ),
    (
        rf"(?:(?:the )?{_PART})?(?P<season>{'|'.join(_SEASONS)})(?: (?:of )?{_YEAR})?",
        lambda m: f"{m['year'] or 'XXXX'}-{_SEASONS[m['season']]}",
    ),
    (
        r"(?:the )?(?:(?:early|mid|late) )?(?P<n>\d\d?)(?:st|nd|rd|th) century",
        lambda m: f"{int(m['n']) - 1:02d}XX",
    ),
    (r"(?:the )?(?:(?:early|mid|late) )?(?P<decade>\d\d\d)0s", lambda m: f"{m['decade']}X"),
    (rf"(?:the )?{_PART}{_YEAR}", _calendar),
    (rf"(?:(?:the )?year )?{_YEAR}(?: (?:or|and|to|through|--|\\/)(?= \d{{4}}\b))?", _calendar),
    (rf"(?:(?:the )?{_PART})?(?P<month>{'|'.join(_ALONE)})", _calendar),
    (r"(?:(?<=\b(?:in|of|or|by|to) )|(?<=and )|(?<=, ))(?P<month>may)", _calendar),
    (
        rf"(?:the|this) (?:(?P<which>same|only|last|previous|past|next|following) )?{_PERIOD}",
        lambda m: f"{_RELATIVE[m['which']]} P{_UNITS[m['unit']]}",
    ),
    (
        rf"(?:last|previous) {_PERIOD}",
        lambda m: f"THIS P{_UNITS[m['unit']]} {_earlier(m)}",
    ),
    (rf"{_PERIOD}s? earlier", _earlier),
    (rf"{_PERIOD}s? later", lambda m: f"OFFSET P{_UNITS[m['unit']]}"),
    (rf"(?P<fixed>{'|'.join(_FIXED)})", lambda m: _FIXED[m["fixed"]]),
)
_COMPILED = tuple((re.compile(rf"{pattern}(?!\S)"), value) for pattern, value in _RULES)
# "the month of june", "the years 1979 and ...": the date that follows is part of it.
_OF = re.compile(rf"the {_PERIOD}(?:(?P<plural>s) (?:of |(?=\d{{4}} ))| (?:of|in) )(?!the year\b)")
_START = re.compile(
    rf"\d|(?:the|this|years?|months?|weeks?|days?|last|previous|early|mid|late|start|end|beginning)\b"
    rf"|{'|'.join([*_SHORT, *_SEASONS, *_FIXED])}"
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
    period = _OF.match(text, start)
    inner = match_date(text, period.end()) if period else None
    if period and inner:
        unit = _UNITS[period["unit"]]
        if period["plural"]:
            return inner[0], f"{inner[1]} INTERSECT PX{unit[-1]}"
        return inner[0], f"THIS P{unit} INTERSECT {inner[1]}"
    for pattern, value in _COMPILED:
        match = pattern.match(text, start)
        if match:
            return match.end(), value(match)
    return None
