"""Dates and times that a text mentions, with values in CoreNLP's notation (`1950-07-26`)."""

from __future__ import annotations

import re
from collections.abc import Callable

from sparse_rl.annotation.time_words import (
    ALONE,
    COUNTS,
    DAYS,
    FIXED,
    MONTHS,
    ORDINALS,
    RELATIVE,
    SEASONS,
    SHORT,
    UNITS,
)

_NAME = rf"(?P<month>{'|'.join([*MONTHS, *SHORT])})\.?"
_MONTH = r"(?P<month>0?[1-9]|1[0-2])"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"
_NTH = rf"(?P<day>0?[1-9]|[12]\d|3[01]|{'|'.join(ORDINALS)})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[012]\d{3})"
_WEEKDAY = rf"(?:(?:{'|'.join(DAYS)}) (?:, )?)?"
_PART = r"(?:(?:start|end|beginning|middle|dawn) of|(?:early|late)(?: in| on)?|mid) "
# "did they fall" names no season.
_NO_VERB = r"(?<!they )(?<!it )(?<!did )(?<!does )(?<!not )(?<!n't )"
_PERIOD = rf"(?P<unit>{'|'.join(UNITS)})"

TimeValue = Callable[["re.Match[str]"], str]


def _calendar(match: re.Match[str]) -> str:
    """Formats the fields found as `yyyy-mm-dd`; `XXXX` for an unknown year."""
    found = match.groupdict()
    value: str = found.get("year") or "XXXX"
    if month := found.get("month"):
        value += f"-{int(month) if month.isdigit() else SHORT[month[:3]]:02d}"
    if day := found.get("day"):
        value += f"-{_number(day):02d}"
    return value


def _number(word: str) -> int:
    """Reads digits, an ordinal, or a number up to ten in words."""
    return int(word) if word.isdigit() else ORDINALS.get(word) or COUNTS[word]


def _interval(match: re.Match[str]) -> str:
    return f"{match['year']}/{match['end']}"


def _shifted(match: re.Match[str]) -> str:
    """Shifts a year by a number of years, by default 1, after or before it."""
    years = _number(match["n"] or "1")
    return str(int(match["year"]) + (years if match["way"] in ("after", "since") else -years))


def _from_to(match: re.Match[str]) -> str:
    """Reads "years from 2001 to 2013" as CoreNLP: a year after 2001, and the interval from it."""
    begin = str(int(match["year"]) + 1)
    return f"{begin}/{match['end']}" if "end" in match.re.groupindex else begin


def _era(match: re.Match[str]) -> str:
    return f"{'-' if match['era'].startswith('b') else ''}{int(match['n']):04d}"


def _earlier(match: re.Match[str]) -> str:
    return f"OFFSET P-{UNITS[match['unit']]}"


# At every token, the first rule that matches decides.
_RULES: tuple[tuple[str, TimeValue], ...] = (
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
    (r"(?P<n>\d{1,4}) (?P<era>b\.?c\.?|a\.?d\.?)", _era),
    (
        rf"(?:the )?(?:(?:first|last) |(?P<n>\d\d?|{'|'.join(COUNTS)}) )?years? "
        rf"(?P<way>after|since|before|prior to) {_YEAR}",
        _shifted,
    ),
    (rf"years from(?= {_YEAR} to [12]\d{{3}}\b)", _from_to),
    (rf"(?<=years from ){_YEAR} to (?P<end>[12]\d{{3}})", _from_to),
    (r"(?<=between )(?P<year>\d{4}) and (?P<end>\d{4})", _interval),
    (rf"{_YEAR}(?:(?<=from \d{{4}}) to |-)(?P<end>[12]\d{{3}})", _interval),
    (
        rf"(?:the )?{_YEAR} (?P<season>{'|'.join(SEASONS)})",
        lambda m: f"{m['year']}-{SEASONS[m['season']]}",
    ),
    (
        rf"{_NO_VERB}(?:(?:the )?{_PART})?(?P<season>{'|'.join(SEASONS)})(?: (?:of |, )?{_YEAR})?",
        lambda m: f"{m['year'] or 'XXXX'}-{SEASONS[m['season']]}",
    ),
    (
        rf"(?:the )?(?:(?:early|mid|late) )?(?P<n>\d\d?(?=st|nd|rd|th)|{'|'.join(ORDINALS)})"
        r"(?:st|nd|rd|th)? century",
        lambda m: f"{_number(m['n']) - 1:02d}XX",
    ),
    (
        r"(?:the )?(?:(?:early|mid|late) |mid-)?(?P<decade>\d\d\d)0s",
        lambda m: f"{m['decade']}X",
    ),
    (r"(?:the )?(?:(?:early|mid|late) )?'(?P<decade>\d)0s", lambda m: f"XX{m['decade']}X"),
    (rf"(?:the )?{_PART}{_YEAR}", _calendar),
    (rf"(?:(?:the )?year )?{_YEAR}(?: (?:or|and|to|through|--|\\/)(?= \d{{4}}\b))?", _calendar),
    (rf"(?:(?:the )?{_PART})?(?P<month>{'|'.join(ALONE)})", _calendar),
    (r"(?:(?<=\b(?:in|of|or|by|to) )|(?<=and )|(?<=, ))(?P<month>may)", _calendar),
    (
        rf"(?:(?:the )?{_PART}|(?<=from )|(?<=since )|(?<=until )|(?<=after ))(?P<month>may)",
        _calendar,
    ),
    (r"(?:(?<=before )|(?<=during )|(?<=between ))(?P<month>may)", _calendar),
    (
        rf"(?:the|this) (?:(?P<which>same|only|last|previous|past|next|following) )?{_PERIOD}",
        lambda m: f"{RELATIVE[m['which']]} P{UNITS[m['unit']]}",
    ),
    (
        rf"(?:last|previous) {_PERIOD}",
        lambda m: f"THIS P{UNITS[m['unit']]} {_earlier(m)}",
    ),
    (rf"{_PERIOD}s? earlier", _earlier),
    (rf"{_PERIOD}s? later", lambda m: f"OFFSET P{UNITS[m['unit']]}"),
    (rf"(?P<fixed>{'|'.join(FIXED)})", lambda m: FIXED[m["fixed"]]),
)
_COMPILED = tuple((re.compile(rf"{pattern}(?!\S)"), value) for pattern, value in _RULES)
# "the month of june", "the years 1979 and ...": the following date is part of the entity.
_OF = re.compile(rf"the {_PERIOD}(?:(?P<plural>s) (?:of |(?=\d{{4}} ))| (?:of|in) )(?!the year\b)")
# "october in 1969": the year of a date without one.
_IN_YEAR = re.compile(rf" in {_YEAR}(?!\S)")
_YEARLESS = re.compile(r"XXXX-(?:\d|SP|SU|FA|WI)")
# CoreNLP includes these words in the entity, with the same value.
_LATER = re.compile(r" (?:before|earlier|later|late|ago|hence)(?!\S)")
_START = re.compile(
    rf"['\d]|(?:the|this|years?|months?|weeks?|days?|last|previous|early|mid|late|start|end|beginning"
    rf"|middle|dawn)\b|{'|'.join([*SHORT, *SEASONS, *FIXED, *ORDINALS, *COUNTS])}"
)


def may_start_date(text: str, start: int = 0) -> bool:
    """Whether a date can begin there: a fast test before `match_date`."""
    return _START.match(text, start) is not None


def match_date(text: str, start: int) -> tuple[int, str] | None:
    """Matches a date that starts at a token of the blank-joined text: its end and value.

    >>> match_date("won on 26 july 2010 ?", 7)
    (19, '2010-07-26')
    """
    if not may_start_date(text, start):
        return None
    found = _match(text, start)
    if found is None:
        return None
    end, value = found
    if (year := _IN_YEAR.match(text, end)) and _YEARLESS.search(value):
        end = year.end()
        if "INTERSECT" in value:
            value += f" INTERSECT {year['year']}"
        else:
            value = value.replace("XXXX", year["year"])
    if after := _LATER.match(text, end):
        end = after.end()
    return end, value


def _match(text: str, start: int) -> tuple[int, str] | None:
    """Matches a date by the first rule that applies."""
    period = _OF.match(text, start)
    inner = _match(text, period.end()) if period else None
    if period and inner:
        unit = UNITS[period["unit"]]
        if period["plural"]:
            return inner[0], f"{inner[1]} INTERSECT PX{unit[-1]}"
        return inner[0], f"THIS P{unit} INTERSECT {inner[1]}"
    for pattern, value in _COMPILED:
        match = pattern.match(text, start)
        if match:
            return match.end(), value(match)
    return None
