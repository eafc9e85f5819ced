"""The reader of dates: one for cells, for questions and for typed answers.

What a text leaves open - whether 01/02 is in January or in February - is an argument: `columns`
decides it by all cells of a column.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import regex as re
import yaml

from sparse_rl.annotation.readers.durations import ZONE
from sparse_rl.annotation.readers.numbers import is_value, western
from sparse_rl.interpreters.tables.dates import Date

Order = Literal["day first", "month first"]
ORDERS: tuple[Order, Order] = ("month first", "day first")


def _months() -> dict[str, int]:
    """Numbers of the months by their names and abbreviations; English comes first."""
    text = files(__package__).joinpath("month_names.yaml").read_text(encoding="utf-8")
    found: dict[str, int] = {}
    for language in yaml.safe_load(text).values():
        for number, name in enumerate(language["names"], 1):
            found.setdefault(name, number)
            found.setdefault(name[:3], number)
        for name, number in language["short"].items():
            found.setdefault(name, number)
    return found


MONTHS = _months()
_ENGLISH = frozenset(name.lower() for name in calendar.month_name if name)
_RANKS = {
    word: day
    for day, word in enumerate(
        str.split(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
            "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
        ),
        1,
    )
} | {"twenty-first": 21, "twenty-second": 22, "twenty-third": 23, "twenty-fourth": 24,
     "twenty-fifth": 25, "twenty-sixth": 26, "twenty-seventh": 27, "twenty-eighth": 28,
     "twenty-ninth": 29, "thirtieth": 30, "thirty-first": 31}  # fmt: skip
_QUARTERS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4,
             "4th": 4, "last": 4}  # fmt: skip

_NAME = rf"(?P<name>{'|'.join(sorted(MONTHS, key=len, reverse=True))})(?!\p{{L}})\.?"
_DAY = r"(?P<day>3[01]|[12]\d|0?[1-9])"
_MONTH = r"(?P<month>1[0-2]|0?[1-9])"
_YEAR = r"(?P<year>\d{4})"
_SHORT = r"(?:(?P<year>\d{4})|['’]?(?P<short>\d\d))"
_RANK = rf"(?P<rank>{'|'.join(sorted(_RANKS, key=len, reverse=True))})"
_NTH = rf"(?:{_DAY}(?:st|nd|rd|th|er|º|\.)?|{_RANK})"
# A year of two digits, where only a mark before it or nothing after it makes it one.
_ANY_YEAR = (
    rf"(?:{_YEAR}|['’](?P<short>\d\d)|(?<=[-/. ])(?P<short>\d\d)(?!\d|\s*(?:\p{{L}}|%)))(?!\d)"
)
_MARKED_YEAR = rf"(?:{_YEAR}|['’](?P<short>\d\d)|(?<=[-/])(?P<short>\d\d))(?!\d)"
_CLOCK = r"(?P<time>[012]?\d:[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?|[012]?\d(?=\s*[ap]\.?m\b))"
_TIME = (
    rf"(?:(?:T|:|,?\s+(?:at\s+|um\s+)?){_CLOCK}\s*(?:[ap]\.?m\.?|Uhr)?"
    rf"\s*{ZONE}?(?:\s?[-+]\d\d:?\d\d)?(?:\[[\w/]+\])?)?"
)
_DAYS = r"(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?"
_WEEKDAY = rf"(?:{_DAYS}\.?,?\s+)?"
_WEEKDAY_AFTER = re.compile(rf"(?<=\d),?\s+(?:\({_DAYS}\.?\)|{_DAYS}(?<=y))$", re.IGNORECASE)
_OF = r"(?:\s+(?:of|de)\s+|\s*[-/. ]\s*|\s*)"
_NUMERIC_END = r"(?![\d/])(?![-.]\d)"
# One expression, as most texts are none: those of a shell, of eastern Asia, and weeks.
_RARE = (
    rf"(?:{_NAME}\s+{_DAY}\s+{_CLOCK}(?:\s+{ZONE})?\s+{_YEAR}(?!\d)"
    rf"|{_YEAR}\s?[年년]\s*{_MONTH}\s?[月월](?:\s*{_DAY}\s?[日일])?"
    rf"|{_YEAR}-?W(?P<week>0[1-9]|[1-4]\d|5[0-3])(?:-?(?P<weekday>[1-7]))?(?!\d)"
    r"|(?:week|KW)\s+(?P<week>[1-4]\d|5[0-3]|0?[1-9])(?:,?\s+(?:of\s+|in\s+)?|/)"
    rf"{_YEAR}(?!\d))"
)
# At every place the first form that matches decides.
_FORMS = tuple(
    re.compile(f"{_WEEKDAY}(?:the\\s+)?{form}", re.IGNORECASE)
    for form in (
        rf"{_YEAR}(?P<mark>[-/.]){_MONTH}(?P=mark){_DAY}(?!\d){_TIME}{_NUMERIC_END}",
        rf"(?P<a>\d\d?)(?P<mark>[-/.])\s?(?P<b>\d\d?)(?P=mark)\s?{_SHORT}(?!\d){_TIME}{_NUMERIC_END}",
        rf"{_YEAR}\s*[-/. ]\s*{_NAME}\s*[-/. ]\s*{_DAY}(?!\d){_TIME}",
        _RARE,
        rf"{_NTH}{_OF}{_NAME}(?:{_OF}|,\s*){_ANY_YEAR}{_TIME}",
        rf"{_NAME}\s*[-/. ]?\s*{_NTH}(?:\s*,\s*|\s+of\s+|\s*[-/. ]\s*|\s*){_YEAR}(?!\d){_TIME}",
        rf"{_NTH}{_OF}{_NAME}(?!\s*\d)",
        rf"{_NAME}(?:\s*,\s*|\s+of\s+|\s*[-/. ]\s*|\s*){_MARKED_YEAR}{_NUMERIC_END}",
        rf"{_NAME}\s+{_NTH}(?![\d,.]*\d|\s*(?:\p{{L}}*[%°]))",
        rf"{_YEAR}\s+{_NAME}",
        rf"Q(?P<quarter>[1-4])\s*[-/ ]?\s*{_SHORT}(?!\d)",
        rf"{_YEAR}\s*[-/ ]?\s*Q(?P<quarter>[1-4])(?!\d)",
        rf"(?P<quarter>[1-4])Q\s*[-/ ]?\s*{_SHORT}(?!\d)",
        rf"(?P<quarter>{'|'.join(_QUARTERS)})\s+quarter(?:\s+(?:of|in))?\s+{_YEAR}(?!\d)",
        rf"{_YEAR}-(?P<month>0[1-9]|1[0-2])(?![\d-])",
        rf"(?:{_MONTH}/|(?P<month>0[1-9]|1[0-2])\.){_YEAR}{_NUMERIC_END}",
        rf"(?P<month>0[1-9]|1[0-2])-(?P<year>(?:19|20)\d\d){_NUMERIC_END}",
        rf"H(?P<half>[12])\s*[-/ ]?\s*{_SHORT}(?!\d)",
        rf"{_YEAR}\s*[-/ ]?\s*H(?P<half>[12])(?!\d)",
        rf"(?P<year>(?:1\d|20)\d\d){_NUMERIC_END}(?!\s?B\.?C)",
        rf"{_NAME}",
    )
)  # fmt: skip
# Most cells are no dates: these have four digits, two marks between digits, or a month's name.
_LONGEST = 60
_MAY_BE_DATE = re.compile(
    r"\d{4}|\d\s?[-/.]\s?\d+\s?[-/.]\s?\d|Q[1-4]|[1-4]Q|H[12]|"
    + "|".join({name[:3] for name in MONTHS}),
    re.IGNORECASE,
)
# And they begin with a digit, a mark of a year, or the first letters of such a word.
_BEGIN = re.compile(
    r"[\d'’]|the\s|[QH][1-4]|week|KW|(?:mon|tue|wed|thu|fri|sat|sun)|"
    + "|".join(sorted({word[:3] for word in (*MONTHS, *_RANKS, *_QUARTERS)})),
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"(?P<year>(?:1[5-9]|2[01])\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>[0-3]\d)"
    r"(?:T(?P<time>[012]\d[0-5]\d(?:[0-5]\d)?)(?:Z|[-+]\d\d:?\d\d)?)?"
)
# Spreadsheets count the days from here on; these are of the years 1954 to 2091.
_FIRST_DAY = datetime.date(1899, 12, 30)
_SERIAL = re.compile(r"(?P<days>[2-6]\d{4})(?:\.\d+)?")


@dataclass(frozen=True)
class DateText:
    """Date that characters [start, end) of a text mean; a quarter or half is its first month.

    Attributes:
        date: the date.
        open: whether day and month could be exchanged.
        short: whether its year has two digits.
        time: its time of day as written, or "".
        week: whether it is a week, of which it is the Monday.
    """

    date: Date
    start: int
    end: int
    open: bool = False
    short: bool = False
    time: str = ""
    week: bool = False


def date_at(text: str, start: int, order: Order = "month first") -> DateText | None:
    """Reads the date that begins there, if any.

    >>> str(date_at("the 15th of March 2021", 0).date), str(date_at("Q4 2020", 0).date)
    ('2021-03-15', '2020-10-xx')
    """
    for form in _FORMS:
        match = form.match(text, start)
        found = _date(match, order) if match else None
        if found is not None:
            return found
    return None


def _date(match: re.Match[str], order: Order) -> DateText | None:
    found = {name: value for name, value in match.groupdict().items() if value}
    year, month, day = (int(found[n]) if n in found else None for n in ("year", "month", "day"))
    is_open = False
    if "short" in found:
        # As POSIX: 69 to 99 are of the last century.
        year = int(found["short"]) + (1900 if int(found["short"]) >= 69 else 2000)
    if "a" in found:
        first, second = int(found["a"]), int(found["b"])
        is_open = first != second and max(first, second) <= 12
        day, month = (first, second) if order == "day first" else (second, first)
    if "name" in found:
        month = MONTHS[found["name"].lower()]
    if "rank" in found:
        day = _RANKS[found["rank"].lower()]
    if "quarter" in found:
        quarter = found["quarter"].lower()
        month = 3 * (_QUARTERS.get(quarter) or int(quarter)) - 2
    if "half" in found:
        month = 6 * int(found["half"]) - 5
    if "week" in found:
        return _week(match, int(found["year"]), int(found["week"]), int(found.get("weekday", 0)))
    if not 1 <= (1 if month is None else month) <= 12 or not _exists(year, month, day):
        return None
    start, end = match.span()
    short, time = "short" in found, found.get("time", "")
    return DateText(Date(year, month, day), start, end, is_open, short, time)


def _week(match: re.Match[str], year: int, week: int, weekday: int) -> DateText | None:
    try:
        day = datetime.date.fromisocalendar(year, week, weekday or 1)
    except ValueError:
        return None
    return DateText(
        Date(day.year, day.month, day.day), match.start(), match.end(), week=not weekday
    )


def serial_date(text: str) -> DateText | None:
    """Reads a number of days as spreadsheets count them.

    >>> str(serial_date("44197").date), serial_date("1200")
    ('2021-01-01', None)
    """
    match = _SERIAL.fullmatch(text)
    if match is None:
        return None
    day = _FIRST_DAY + datetime.timedelta(int(match["days"]))
    return DateText(Date(day.year, day.month, day.day), match.start(), match.end())


def _exists(year: int | None, month: int | None, day: int | None) -> bool:
    if day is None:
        return True
    # Without a year, the 29th of February exists.
    return 1 <= day <= calendar.monthrange(year or 2000, month or 1)[1]


@lru_cache(maxsize=1 << 16)
def read_date_text(text: str, order: Order = "month first") -> DateText | None:
    """Reads a text that is a date as a whole, with what it leaves open."""
    text = western(text).strip()
    if len(text) > _LONGEST or not (_BEGIN.match(text) and _MAY_BE_DATE.search(text)):
        return None
    if compact := _COMPACT.fullmatch(text):
        return _date(compact, order)
    if text[-1] in ")yY":
        text = _WEEKDAY_AFTER.sub("", text)
    for form in _FORMS:
        match = form.fullmatch(text)
        found = _date(match, order) if match else None
        if found is not None:
            return found
    return None


def read_date(text: str, order: Order = "month first") -> Date | None:
    """Reads a text that is a date as a whole; an impossible day is no date.

    >>> str(read_date("01/02/2021", "day first")), read_date("31/12/2020"), read_date("soon")
    ('2021-02-01', None, None)
    """
    found = read_date_text(text, order)
    return None if found is None else found.date


def is_date_or_number(text: str) -> bool:
    """Whether a text is a date or a number as a whole."""
    return is_value(text) or read_date(text) is not None


_BEFORE_MONTH = re.compile(
    r"(?:in|of|during|since|before|after|until|till|by|this|last|next|every|each|from|to|and|or|"
    r"through|between|late|early|mid)[\s-]+$",
    re.IGNORECASE,
)
_MAY_START = re.compile(r"(?<![\p{L}\p{N}\p{M}_.,$€£-])(?=[\p{L}\d'’])|(?<=[-(/])(?=\d{4})")


def date_mentions(text: str, order: Order = "month first") -> Iterator[DateText]:
    """Finds the dates that a text mentions, in order; a bare year is one too.

    >>> text = "after 2021-02-01, on 15.03.2021 or in March"
    >>> [str(found.date) for found in date_mentions(text)]
    ['2021-02-01', '2021-03-15', 'xxxx-03-xx']
    """
    text = western(text)
    position = 0
    while place := _MAY_START.search(text, position):
        found = date_at(text, place.start(), order)
        if found is None and order == "month first":
            # 15/03: no month is 15.
            found = date_at(text, place.start(), "day first")
        elif found is None:
            found = date_at(text, place.start(), "month first")
        position = place.start() + 1
        if found is None or not _is_meant(text, found):
            continue
        yield found
        position = found.end


def _is_meant(text: str, found: DateText) -> bool:
    """Whether a month without day and year is one: "may" and "march" have other meanings."""
    after = text[found.end : found.end + 1]
    if after.isalnum() and text[found.end - 1] not in "月日월일":
        return False
    date = found.date
    if date.year is not None or date.day is not None:
        return True
    word = text[found.start : found.end].lower().rstrip(".")
    if _BEFORE_MONTH.search(text[: found.start]):
        return True
    return word in _ENGLISH - {"may", "march"} or (
        word in ("may", "march") and found.start > 0 and text[found.start].isupper()
    )
