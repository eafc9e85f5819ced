"""The numbers in digits that a text mentions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex as re

from sparse_rl.annotation.readers.numbers import (
    APOSTROPHES,
    BLANKS,
    CURRENCY,
    MINUS,
    ORDINAL,
    POWER,
    SCALE,
    SIGN,
    Number,
    digits_value,
    factor_of,
    is_code,
    scaled,
    western,
)
from sparse_rl.annotation.readers.plain_numbers import find_fractions
from sparse_rl.annotation.readers.units import CURRENCIES, SCALES, UNITS


@dataclass(frozen=True)
class Mention:
    """Quantities that characters [start, end) of a text may mean; usually one.

    Attributes:
        values: the quantities; two are a decade, its first year and the year after it.
        start: first character.
        end: one past the last character.
        unit: unit as written behind them, or "".
    """

    values: tuple[Number, ...]
    start: int
    end: int
    unit: str = ""

    def overlaps(self, other: Mention) -> bool:
        """Whether both have a character in common."""
        return self.start < other.end and other.start < self.end


_MENTION = re.compile(
    rf"""
    (?<![\p{{L}}\p{{N}}\p{{M}}_]|\d[.,])
    (?P<sign>(?<![^\s(\["'\u201c]){SIGN}[{BLANKS}]?)? (?P<before>{CURRENCY})?[{BLANKS}]?
    (?P<inner>(?<=[^\s]){SIGN})?
    (?P<body>
        \d{{1,3}}(?:\ \d{{3}})+(?![\d.])
      | \d+(?:[.,{APOSTROPHES}\u00a0\u2009\u202f]\d+)* | (?<!\d)[.,]\d+
    )
    (?P<power>{POWER})?
    (?:[{BLANKS}]?(?P<era>b\.?c\.?(?:e\.?)?)(?![\p{{L}}\p{{N}}]))?
    (?:(?P<gap>[{BLANKS}]*)(?P<scale>(?i:{SCALE}|hundred))(?![\p{{L}}\p{{N}}]))?
    (?P<more>(?:[{BLANKS}]+(?:thousand|million|billion|trillion)(?!\p{{L}}))*)
    (?:[{BLANKS}]*(?P<after>{CURRENCY})(?![\p{{L}}\p{{N}}]))?
    (?P<unit>[%‰°]?[\p{{L}}µ%°]*[²³23]?(?:/\p{{L}}+)?)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_TENS = str.split("twenties thirties forties fifties sixties seventies eighties nineties")
_DECADE_WORD = re.compile(
    rf"\bthe (?:(?:early|mid|late)[- ])?(?P<word>{'|'.join(_TENS)})\b", re.IGNORECASE
)
_DECADE = re.compile(
    r"(?<![\p{L}\p{N}])(?:(?P<century>1\d|20)|['\u2019])(?P<decade>\d0)['\u2019]?s(?!\p{L})"
)


def digit_mentions(text: str, decimal: str = ".", metres: bool = False) -> list[Mention]:
    """Finds the numbers in digits that a text mentions, in order.

    A decade is its first year and the year after it.

    >>> [m.values for m in digit_mentions("over 10k in the 1990s, 5km from -$3.5 million or F16")]
    [(10000,), (1990, 2000), (5,), (-3500000,)]
    >>> [m.values for m in digit_mentions("1 1/2 cups and ½, 4/5 in 44 BC")]
    [(1.5,), (0.5,), (4,), (5,), (-44,)]
    """
    text = western(text)
    digits = list(_in_digits(text, decimal, metres))
    if text.isascii() and "/" not in text:
        return digits
    fractions = [fraction for fraction, bare in _fractions(text) if not bare]
    digits = [m for m in digits if not any(map(m.overlaps, fractions))]
    return sorted([*digits, *fractions], key=lambda mention: mention.start)


def bare_fractions(text: str) -> list[Mention]:
    """Finds fractions such as 3/4, which may be two numbers as well."""
    return [mention for mention, bare in _fractions(western(text)) if bare]


def decades_in_words(text: str) -> list[Mention]:
    """Finds decades of the last century in words.

    >>> [mention.values for mention in decades_in_words("in the early nineties")]
    [(1990, 2000)]
    """
    return [
        Mention((year, year + 10), match.start("word"), match.end())
        for match in _DECADE_WORD.finditer(text)
        for year in (1920 + 10 * _TENS.index(match["word"].lower()),)
    ]


def _fractions(text: str) -> list[tuple[Mention, bool]]:
    """Fractions, and whether each is bare."""
    return [
        (
            Mention((value,), match.start(), match.end()),
            match["slash"] == "/" and not match["whole"],
        )
        for match, value in find_fractions(text)
    ]


def _in_digits(text: str, decimal: str, metres: bool) -> Iterator[Mention]:
    if _DIGIT.search(text) is None:
        return
    position = 0
    while match := _MENTION.search(text, position):
        position = match.end()
        decade = _DECADE.search(text, max(0, match.start() - 1))
        if decade and decade.start() <= match.start("body"):
            first = int((decade["century"] or "19") + decade["decade"])
            position = decade.end()
            yield Mention((first, first + 10), decade.start(), decade.end())
            continue
        mention = _mentioned(match, decimal, metres)
        if mention is not None:
            yield mention


def _mentioned(match: re.Match[str], decimal: str, metres: bool) -> Mention | None:
    found = match.groupdict("")
    unit = found["unit"].lower()
    if unit and unit not in UNITS and unit not in ORDINAL and not found["scale"]:
        return None
    body, power = found["body"], found["power"]
    if is_code(body, power):
        return None
    value = digits_value(body, decimal, power)
    if value is None:
        # "1,5" beside a decimal point: an English reader's other way is certain here.
        value = digits_value(body, "," if decimal == "." else ".", power)
    if value is None:
        return None
    currency = CURRENCIES.get((found["before"] or found["after"]), "")
    scale = found["scale"].lower()
    factor: Number | None = (
        100 if scale == "hundred" else factor_of(found["scale"], found["gap"], currency, metres)
    )
    if scale and factor is None and unit:
        return None
    for word in found["more"].split():
        factor = (factor or 1) * SCALES[word.lower()]
    value = scaled(value, factor or 1)
    negative = (found["sign"] + found["inner"]).strip()
    if (negative and negative[0] in MINUS) or found["era"]:
        value = -value
    return Mention((value,), match.start(), match.end(), unit or ("" if factor else scale))
