"""Named entities with values: numbers, ordinals, dates, times, money and percentages."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sparse_rl.annotation.amounts import java_double, number, number_phrase, ordinal
from sparse_rl.annotation.times import match_date, may_start_date

# Words of comparison before and after a number.
_BEFORE = {
    **dict.fromkeys(("more than", "greater than", "higher than", "above", "over"), ">"),
    **dict.fromkeys(("less than", "fewer than", "lower than", "below", "under"), "<"),
    **{"at least": ">=", "at most": "<="},
}
_AFTER = {"or more": ">=", "or above": ">=", "at least": ">="}
_UNIT = re.compile(r"seconds|(?:minute|hour|day|week|month|year|decade)s?")
_PERIOD = re.compile(r"(?:hour|day|week|month|year|decade)s?")
_TIME = re.compile(r"\+?([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?(?:[.,]\d+)?")
# Four digits before a plural.
_FOUR_DIGITS = re.compile(r"\d{4} (?!does\b|this\b)[a-z]{3,}s\b")
_RANGE = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")
# CoreNLP writes the pound sign as #.
_CURRENCY = {"$": "$", "#": "£"}


@dataclass(frozen=True)
class Entity:
    """Tokens [start, end) with a common tag and value; the value may be ""."""

    start: int
    end: int
    tag: str
    value: str


@dataclass(frozen=True)
class _Sentence:
    """Tokens, their text joined by blanks, and the start of each token in it."""

    tokens: Sequence[str]
    text: str
    starts: Sequence[int]

    @classmethod
    def of(cls, tokens: Sequence[str]) -> _Sentence:
        # A token with a blank in it (markup) must not count as two.
        words = [token.replace(" ", "_") for token in tokens]
        starts = [0]
        for word in words:
            starts.append(starts[-1] + len(word) + 1)
        return cls(tokens, " ".join(words), starts)

    def words(self, start: int, end: int) -> str:
        """Joins the tokens of a range by blanks."""
        return " ".join(self.tokens[max(start, 0) : end])


def entities(tokens: Sequence[str]) -> list[Entity]:
    """Finds entities from left to right, without overlap.

    >>> [(e.tag, e.value) for e in entities("at least 3 wins on july 26 , 2010".split())]
    [('NUMBER', '>=3.0'), ('DATE', '2010-07-26')]
    """
    sentence = _Sentence.of(tokens)
    found: list[Entity] = []
    index = 0
    while index < len(tokens):
        here = next((hit for finder in _FINDERS if (hit := finder(sentence, index))), [])
        found += here
        index = here[-1].end if here else index + 1
    return found


def may_start_entity(word: str) -> bool:
    """Whether an entity can begin with a lower-case word: a fast test before `entities`."""
    bare = word.strip(".,")
    return (
        word[0].isdigit()
        or may_start_date(word)
        or number(bare) is not None
        or ordinal(bare) is not None
    )


def _date(sentence: _Sentence, index: int) -> list[Entity]:
    if _is_amount(sentence, index):
        return []
    first = last = match_date(sentence.text, sentence.starts[index])
    if first is None or last is None:
        return []
    # Dates separated by commas share the value of the first.
    while sentence.text.startswith(" , ", last[0]):
        following = match_date(sentence.text, last[0] + 3)
        if following is None or len(following[1]) != len(first[1]):
            break
        last = following
    blanks = sentence.text.count(" ", sentence.starts[index], last[0])
    return [Entity(index, index + blanks + 1, "DATE", first[1])]


def _is_amount(sentence: _Sentence, index: int) -> bool:
    """Whether four digits are an amount: "above 1000 students" names no year."""
    compared = any(sentence.words(index - n, index) in _BEFORE for n in (1, 2))
    return compared and bool(_FOUR_DIGITS.match(sentence.words(index, index + 2)))


def _time(sentence: _Sentence, index: int) -> list[Entity]:
    match = _TIME.fullmatch(sentence.tokens[index])
    if match is None:
        return []
    fields = [f"{int(match[1]):02d}", match[2], *filter(None, [match[3]])]
    return [Entity(index, index + 1, "TIME", "T" + ":".join(fields))]


def _period(sentence: _Sentence, index: int) -> list[Entity]:
    after = sentence.tokens[index + 1 : index + 3]
    ranked = len(after) == 2 and ordinal(after[0]) is not None and _PERIOD.fullmatch(after[1])
    if sentence.tokens[index] == "the" and ranked:
        return [Entity(index, index + 3, "DURATION", "")]
    if _PERIOD.fullmatch(sentence.tokens[index]):
        return [Entity(index, index + 1, "DURATION", "")]
    return []


def _ordinal(sentence: _Sentence, index: int) -> list[Entity]:
    token, after = sentence.tokens[index], sentence.tokens[index + 1 : index + 3]
    rank = ordinal(token)
    if rank is None:
        return []
    if len(after) == 2 and after[0] == "and" and ordinal(after[1]) is not None:
        # Two ranks make one entity; it has a value only if they are in digits.
        value = java_double(rank) if token[0].isdigit() else ""
        return [Entity(index, index + 3, "ORDINAL", value)]
    return [Entity(index, index + 1, "ORDINAL", java_double(rank))]


def _money(sentence: _Sentence, index: int) -> list[Entity]:
    sign = _CURRENCY.get(sentence.tokens[index][-1:])
    phrase = number_phrase(sentence.tokens, index + 1) if sign else None
    if phrase is None:
        return []
    value, end = phrase
    compared = _compared(sentence, index, end)
    return [Entity(index, end, "MONEY", f"{compared}{sign}{java_double(value)}")]


def _range(sentence: _Sentence, index: int) -> list[Entity]:
    match = _RANGE.fullmatch(sentence.tokens[index])
    if match is not None:
        value = f"{java_double(float(match[1]))} - {java_double(float(match[2]))}"
        return [Entity(index, index + 1, "NUMBER", value)]
    if sentence.words(index - 1, index) != "between":
        return []
    low = number(sentence.tokens[index])
    after = sentence.tokens[index + 1 : index + 3]
    high = number(after[1]) if len(after) == 2 and after[0] == "and" else None
    if low is None or high is None:
        return []
    return [Entity(index, index + 3, "NUMBER", f"{java_double(low)}-{java_double(high)}")]


def _quantity(sentence: _Sentence, index: int) -> list[Entity]:
    phrase = number_phrase(sentence.tokens, index)
    if phrase is None:
        return []
    value, end = phrase
    after = sentence.words(end, end + 1)
    if after in ("%", "percent"):
        last = end + 2 if sentence.words(end, end + 2) == "% percent" else end + 1
        compared = _compared(sentence, index, last)
        return [Entity(index, last, "PERCENT", f"{compared}%{java_double(value)}")]
    if _UNIT.fullmatch(after):
        # CoreNLP tags the unit of a duration as the number zero.
        shown = java_double(value) if sentence.tokens[index][0].isdigit() else ""
        zero = _AFTER.get(sentence.words(end + 1, end + 3), "") + "0.0"
        return [Entity(index, end, "DURATION", shown), Entity(end, end + 1, "NUMBER", zero)]
    return [Entity(index, end, "NUMBER", _compared(sentence, index, end) + java_double(value))]


def _compared(sentence: _Sentence, start: int, end: int) -> str:
    """Reads the comparison in the words around tokens [start, end), or ""."""
    return (
        _BEFORE.get(sentence.words(start - 2, start))
        or _BEFORE.get(sentence.words(start - 1, start))
        or _AFTER.get(sentence.words(end, end + 2), "")
    )


# At each token, the first finder with a result decides.
_FINDERS: tuple[Callable[[_Sentence, int], list[Entity]], ...] = (
    _date,
    _time,
    _period,
    _ordinal,
    _money,
    _range,
    _quantity,
)
