"""Dates that a text mentions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.text import Token

_MONTHS = str.split(
    "january february march april may june july august september october november december"
)
_MONTH_NUMBERS = {
    name: number
    for number, month in enumerate(_MONTHS, 1)
    for name in (month, month[:3], *(["sept"] if number == 9 else []))
}
_DAYS = {
    f"{day}{ending}": day for day in range(1, 32) for ending in ("", "st", "nd", "rd", "th")
} | {f"0{day}": day for day in range(1, 10)}
# A number of three digits is seldom a year.
_YEARS = range(1000, 2100)


@dataclass(frozen=True)
class DateMention:
    """Date and the tokens [start, end) that mention it."""

    value: Date
    start: int
    end: int


def dates(tokens: Sequence[Token]) -> list[DateMention]:
    """Finds dates in words and bare years, in order of appearance.

    >>> from sparse_rl.interpreters.tables.text import tokenize
    >>> text = "between 26 July 2010, june 2011 and september 11th, or in 1950 or 2001-02"
    >>> [str(mention.value) for mention in dates(tokenize(text))]
    ['2010-07-26', '2011-06-xx', 'xxxx-09-11', '1950-xx-xx', '2001-xx-xx']
    """
    words = [token.text for token in tokens]
    found = []
    position = 0
    while position < len(words):
        mention = _at(words, position)
        if mention is not None:
            found.append(mention)
        position = mention.end if mention is not None else position + 1
    return found


def _at(words: Sequence[str], start: int) -> DateMention | None:
    day, month, year = None, None, None
    position = start
    if _DAYS.get(words[start]) and _month(words, start + 1):
        day, month, position = _DAYS[words[start]], _month(words, start + 1), start + 2
    elif _month(words, start):
        month, position = _month(words, start), start + 1
        if position < len(words) and words[position] in _DAYS:
            day, position = _DAYS[words[position]], position + 1
    comma = position if month and position < len(words) and words[position] == "," else position - 1
    if comma + 1 < len(words):
        year = _year(words[comma + 1])
    if year is not None:
        position = comma + 2
    # A month alone is often a name or a verb.
    if year is None and day is None:
        return None
    return DateMention(Date(year, month, day), start, position)


def _month(words: Sequence[str], position: int) -> int | None:
    return _MONTH_NUMBERS.get(words[position]) if position < len(words) else None


def _year(word: str) -> int | None:
    return int(word) if len(word) < 10 and word.isdecimal() and int(word) in _YEARS else None
