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
from sparse_rl.annotation.readers.units import CURRENCIES, SCALES, UNITS


@dataclass(frozen=True)
class Mention:
    """Quantities that characters [start, end) of a text may mean; usually one."""

    values: tuple[Number, ...]
    start: int
    end: int


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
    (?:(?P<gap>[{BLANKS}]*)(?P<scale>(?i:{SCALE}|hundred))(?![\p{{L}}\p{{N}}]))?
    (?P<more>(?:[{BLANKS}]+(?:thousand|million|billion|trillion)(?!\p{{L}}))*)
    (?:[{BLANKS}]*(?P<after>{CURRENCY})(?![\p{{L}}\p{{N}}]))?
    (?P<unit>[%‰°]?[\p{{L}}µ%°]*[²³23]?(?:/\p{{L}}+)?)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_DECADE = re.compile(
    r"(?<![\p{L}\p{N}])(?:(?P<century>1\d|20)|['\u2019])(?P<decade>\d0)['\u2019]?s(?!\p{L})"
)


def digit_mentions(text: str, decimal: str = ".", metres: bool = False) -> Iterator[Mention]:
    """Finds the numbers in digits that a text mentions, in order.

    A decade is its first year and the year after it.

    >>> [m.values for m in digit_mentions("over 10k in the 1990s, 5km from -$3.5 million or F16")]
    [(10000,), (1990, 2000), (5,), (-3500000,)]
    """
    text = western(text)
    if not any(map(str.isdigit, text)):
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
        values, end = _mentioned(match, decimal, metres)
        if values:
            yield Mention(values, match.start(), end)


def _mentioned(match: re.Match[str], decimal: str, metres: bool) -> tuple[tuple[Number, ...], int]:
    found = match.groupdict("")
    unit, end = found["unit"].lower(), match.end()
    if unit and unit not in UNITS and unit not in ORDINAL and not found["scale"]:
        return (), end
    body, power = found["body"], found["power"]
    if is_code(body, power):
        return (), end
    value = digits_value(body, decimal, power)
    if value is None:
        # "1,5" beside a decimal point: an English reader's other way is certain here.
        value = digits_value(body, "," if decimal == "." else ".", power)
    if value is None:
        return (), end
    currency = CURRENCIES.get((found["before"] or found["after"]), "")
    scale = found["scale"].lower()
    factor: Number | None = (
        100 if scale == "hundred" else factor_of(found["scale"], found["gap"], currency, metres)
    )
    if scale and factor is None and unit:
        return (), end
    for word in found["more"].split():
        factor = (factor or 1) * SCALES[word.lower()]
    value = scaled(value, factor or 1)
    negative = (found["sign"] + found["inner"]).strip()
    if negative and negative[0] in MINUS:
        value = -value
    return (value,), end
