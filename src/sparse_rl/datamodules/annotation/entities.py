"""Named entities that have a value: numbers, ordinals, dates, times, money and percentages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sparse_rl.datamodules.annotation.amounts import java_double, number, number_phrase, ordinal
from sparse_rl.datamodules.annotation.times import match_date, may_start_date

_COMPARED = {
    ">=": "at least",
    "<=": "at most",
    ">": "more than|greater than|higher than|above|over",
    "<": "less than|fewer than|lower than|below|under",
}
_BEFORE = re.compile(
    "|".join(rf"(?P<c{i}>\b(?:{words}) $)" for i, words in enumerate(_COMPARED.values()))
)
_UNIT = re.compile(r"(?:second|minute|hour|day|week|month|year|decade)s?")
_ALONE = re.compile(r"(?:hour|day|week|month|year|decade)s?")
_TIME = re.compile(r"\+?(\d\d?):([0-5]\d)(?::([0-5]\d))?(?:[.,]\d+)?")
_RANGE = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")
_CURRENCY = {"$": "$", "#": "£"}


@dataclass(frozen=True)
class Entity:
    """Tokens [start, end) that share a tag and a value; an entity without a value has ""."""

    start: int
    end: int
    tag: str
    value: str


def entities(tokens: Sequence[str]) -> list[Entity]:
    """Entities in order, found from left to right; none overlap.

    >>> entities("at least 3 wins on july 26 , 2010".split())
    [Entity(start=2, end=3, tag='NUMBER', value='>=3.0'), Entity(start=5, end=9, tag='DATE', value='2010-07-26')]
    """
    text = " ".join(tokens)
    starts, at = [], 0
    for token in tokens:
        starts.append(at)
        at += len(token) + 1
    found: list[Entity] = []
    index = 0
    while index < len(tokens):
        here = _dates(tokens, text, starts, index) or _amounts(tokens, text, starts, index)
        found += here
        index = here[-1].end if here else index + 1
    return found


def may_start_entity(word: str) -> bool:
    """Whether an entity can begin with a word in lower case: a cheap test before `entities`."""
    return word[0].isdigit() or may_start_date(word) or _count(word.strip(".,")) is not None


def _count(word: str) -> float | None:
    value = number(word)
    return ordinal(word) if value is None else value


def _dates(tokens: Sequence[str], text: str, starts: list[int], index: int) -> list[Entity]:
    token = tokens[index]
    date = match_date(text, starts[index])
    if date is not None:
        # Dates with commas between them share the value of the first.
        last = date
        while text.startswith(" , ", last[0]):
            following = match_date(text, last[0] + 3)
            if following is None or len(following[1]) != len(date[1]):
                break
            last = following
        end = index + text.count(" ", starts[index], last[0]) + 1
        return [Entity(index, end, "DATE", date[1])]
    clock = _TIME.fullmatch(token)
    if clock and int(clock[1]) < 24:
        fields = [f"{int(clock[1]):02d}", clock[2], *([clock[3]] if clock[3] else [])]
        return [Entity(index, index + 1, "TIME", "T" + ":".join(fields))]
    if _ALONE.fullmatch(token):
        return [Entity(index, index + 1, "DURATION", "")]
    if tokens[index : index + 3] in (["the", "first", "year"], ["the", "first", "month"]):
        return [Entity(index, index + 3, "DURATION", "")]
    return []


def _amounts(tokens: Sequence[str], text: str, starts: list[int], index: int) -> list[Entity]:
    token = tokens[index]
    after = list(tokens[index + 1 : index + 3])
    rank = ordinal(token)
    if rank is not None:
        if after[:1] == ["and"] and ordinal(after[-1]) is not None:
            value = java_double(rank) if token[0].isdigit() else ""
            return [Entity(index, index + 3, "ORDINAL", value)]
        return [Entity(index, index + 1, "ORDINAL", java_double(rank))]
    sign = _CURRENCY.get(token[-1])
    if sign and after and number(after[0]) is not None:
        value, end = number_phrase(tokens, index + 1)
        compared = _compared(tokens, text, starts, index, end)
        return [Entity(index, end, "MONEY", f"{compared}{sign}{java_double(value)}")]
    between = _RANGE.fullmatch(token)
    if between:
        low, high = float(between[1]), float(between[2])
        return [Entity(index, index + 1, "NUMBER", f"{low} - {high}")]
    if number(token) is None:
        return []
    if tokens[index - 1 : index] == ["between"] and after[:1] == ["and"]:
        if (high := number(after[-1])) is not None:
            value = f"{java_double(number(token))}-{java_double(high)}"
            return [Entity(index, index + 3, "NUMBER", value)]
    value, end = number_phrase(tokens, index)
    compared = _compared(tokens, text, starts, index, end)
    rest = list(tokens[end : end + 2])
    if rest[:1] == ["%"] or rest[:1] == ["percent"]:
        end += 2 if rest == ["%", "percent"] else 1
        return [Entity(index, end, "PERCENT", f"{compared}%{java_double(value)}")]
    if rest and _UNIT.fullmatch(rest[0]) and rest[0] != "second":
        shown = java_double(value) if token[0].isdigit() else ""
        return [
            Entity(index, end, "DURATION", shown),
            Entity(end, end + 1, "NUMBER", _compared(tokens, text, starts, end, end + 1, 0) + "0.0"),
        ]
    return [Entity(index, end, "NUMBER", compared + java_double(value))]


def _compared(
    tokens: Sequence[str], text: str, starts: list[int], start: int, end: int, before: int = 1
) -> str:
    """The comparison that the words around a number state: "at least", "or more"."""
    match = _BEFORE.search(text, 0, starts[start]) if before else None
    if match and match.lastgroup:
        return list(_COMPARED)[int(match.lastgroup[1:])]
    if list(tokens[end : end + 2]) in (["or", "more"], ["or", "above"]):
        return ">="
    return ">=" if list(tokens[end : end + 2]) == ["at", "least"] else ""
