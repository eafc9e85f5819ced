"""The reader of numbers: one for cells, for questions and for typed answers.

What a text leaves open, the decimal mark and whether `m` is a million or a metre, is an argument:
`columns` decides it by all cells of a column.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

import regex as re

from sparse_rl.annotation.readers.plain_numbers import plain_number
from sparse_rl.annotation.readers.units import CURRENCIES, SCALES

Number = int | float

MINUS = "-\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d"
BLANKS = " \u00a0\u2009\u202f\u2007"
APOSTROPHES = "'\u2019"
SIGN = rf"[-+\uff0b{MINUS[1:]}]"
CURRENCY = "|".join(sorted(map(re.escape, CURRENCIES), key=len, reverse=True))
_BODY = rf"(?:\d+(?:[.,{APOSTROPHES}\u066c\u066b{BLANKS}]\d+)*[.,]?|[.,]\d+)"
SCALE = "|".join(sorted(map(re.escape, SCALES), key=len, reverse=True))
# An exponent of a number; that of a code such as 12E3 has no mark of either.
POWER = r"[eE][-+\u2212]?\d+"
_WHOLE = re.compile(
    rf"""
    (?P<open>\()?\s* (?P<sign>{SIGN})?\s* (?P<before>{CURRENCY})?\s* (?P<inner>{SIGN})?\s*
    (?P<paren>\()?\s* (?P<hash>\#)?
    (?P<body>{_BODY}) (?P<power>{POWER})?
    (?:(?P<gap>[{BLANKS}]*)(?P<scale>(?i:{SCALE}))(?![\p{{L}}\p{{N}}]))?
    (?:[{BLANKS}]*(?P<after>{CURRENCY})(?![\p{{L}}\p{{N}}]))?
    (?P<unit>[{BLANKS}]*(?:[%‰°]|[\p{{L}}µ][\p{{L}}\p{{M}}²³23.]*)(?:[/·{BLANKS}-]?[\p{{L}}µ%°][\p{{L}}\p{{M}}²³23.]*)?)?
    (?P<trailing>[-\u2212])? \s*(?P<close>\)){{0,2}}
    """,
    re.VERBOSE,
)
# Most cells are integers, or have no digit at all.
_INTEGER = re.compile(r"-?(?:0|[1-9]\d*)", re.ASCII)
_DECIMAL = re.compile(r"(?:0|[1-9]\d*)\.\d+", re.ASCII)
# A longer text is no number: floats end at 309 digits, and Python's integers at 4300.
_LONGEST = 80
_NO_CENTS = re.compile(rf"(?<=\d[.,])[{MINUS}\u2014]{{1,2}}(?!\d)")
# Accounting writes nothing as a dash behind the currency.
_NOTHING = re.compile(rf"(?P<before>{CURRENCY})[{BLANKS}]*[-\u2013]")
_OPEN_YEARS = re.compile(r"1[5-9]\d\d|20\d\d")
_BEFORE_CHRIST = re.compile(r"b\.?\s?c\.?(?:\s?e\.?)?", re.IGNORECASE)
_AFTER_CHRIST = re.compile(r"a\.?\s?d\.?|c\.?\s?e\.?", re.IGNORECASE)
_HALF_DAY = re.compile(r"[ap]\.?m\.?", re.IGNORECASE)
ORDINAL = frozenset({"st", "nd", "rd", "th", "."})


@dataclass(frozen=True)
class Quantity:
    """Number with the words around it.

    Attributes:
        value: the number, times its scale; an integer where it is written as one.
        currency: ISO code, or "".
        unit: unit as written, or "".
        scale: word or suffix of the scale as written, or "".
        marked: whether it is written with a mark, as a fraction or the like, which people should
            be told about.
    """

    value: Number
    currency: str = ""
    unit: str = ""
    scale: str = ""
    marked: bool = False


def western(text: str) -> str:
    """Writes the digits of all scripts as 0-9, and their marks as `.` and `,`.

    >>> western("١٢٫٥"), western("１，２００")
    ('12.5', '1,200')
    """
    if text.isascii():
        return text
    # A letter keeps its width: only digits and marks of numbers are replaced, one for one.
    return "".join(_WESTERN.get(c) or (_digit(c) if c.isdigit() else c) for c in text)


_WESTERN = {"\u066b": ".", "\u066c": ",", "，": ",", "．": ".", "％": "%", "－": "-", "＋": "+"}


def _digit(char: str) -> str:
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)


def digits_value(body: str, decimal: str, power: str = "") -> Number | None:
    """Reads digits with marks; None if they do not fit the decimal mark.

    Groups between thousands marks have three digits, or two before the last three as in India, and
    one mark separates them all: the other of point and comma, a blank or an apostrophe.

    >>> digits_value("1.234,50", ","), digits_value("12,34,567", "."), digits_value("3,5", ".")
    (1234.5, 1234567, None)
    """
    if len(body) > _LONGEST:
        return None
    whole, mark, fraction = body.rpartition(decimal)
    if not mark:
        whole, fraction = body, ""
    if not (fraction.isdigit() or not fraction) or decimal in whole:
        return None
    if not whole.isdigit() and whole:
        whole = whole.replace("\u2019", "'")
        marks = {char for char in whole if not char.isdigit()}
        groups = whole.split(marks.pop())
        if marks or not _grouped(groups):
            return None
        whole = "".join(groups)
    elif len(whole) > 1 and whole[0] == "0":
        return None
    if not fraction and not power:
        return int(whole) if whole else None
    value = float(f"{whole or '0'}.{fraction or '0'}{power.replace(chr(0x2212), '-')}")
    return value if math.isfinite(value) else None


def _grouped(groups: list[str]) -> bool:
    first, *middle, last = groups
    if not first or first[0] == "0" or len(last) != 3 or len(first) > 3:
        return False
    if all(len(group) == 3 for group in middle):
        return True
    return len(first) <= 2 and all(len(group) == 2 for group in middle)


def is_code(body: str, power: str) -> bool:
    """Whether digits name something: leading zeros, or an exponent without a mark of a number.

    >>> is_code("007", ""), is_code("12", "E3"), is_code("1", "e6"), is_code("1.2", "E3")
    (True, True, False, False)
    """
    if power:
        return body.isdigit() and len(body) > 1 and power[1].isdigit()
    return len(body) > 1 and body[0] == "0" and body.isdigit()


@lru_cache(maxsize=1 << 16)
def read_quantity(
    text: str, decimal: str = ".", metres: bool = False, codes: bool = False
) -> Quantity | None:
    """Reads a text that is a number as a whole, with a sign, currency, scale or unit.

    Args:
        text: text of a cell or of an answer.
        decimal: decimal mark, `.` or `,`.
        metres: whether a glued `m` is the unit and no million.
        codes: whether a text that looks like a code (007, 12E3) is a number.

    >>> [read_quantity(text).value for text in ("(1,234)", "-$5", "$3.5 million", "12 %", "950K")]
    [-1234, -5, 3500000, 12, 950000]
    >>> read_quantity("1.234,50 €", ","), read_quantity("007"), read_quantity("12E3")
    (Quantity(value=1234.5, currency='EUR', unit='', scale=''), None, None)
    """
    if len(text) > _LONGEST:
        return None
    if _INTEGER.fullmatch(text):
        return Quantity(int(text))
    if decimal == "." and _DECIMAL.fullmatch(text):
        return Quantity(float(text))
    if not any(map(str.isnumeric, text)):
        nothing = _NOTHING.fullmatch(text) if text[-1:] in ("-", "\u2013") else None
        return Quantity(0, CURRENCIES[nothing["before"]], marked=True) if nothing else None
    # Prices such as 5,- have no cents.
    text = _NO_CENTS.sub("00", western(text).strip())
    match = _WHOLE.fullmatch(text)
    if match is not None:
        return _quantity(match, decimal, metres, codes)
    plain = plain_number(text, decimal)
    match = _WHOLE.fullmatch(plain) if plain != text else None
    found = _quantity(match, decimal, metres, codes) if match else None
    return None if found is None else replace(found, marked=True)


def _quantity(match: re.Match[str], decimal: str, metres: bool, codes: bool) -> Quantity | None:
    found = match.groupdict("")
    body, power = found["body"], found["power"]
    signs = [s for s in (found["sign"], found["inner"], found["trailing"]) if s]
    opened = len(found["open"]) + len(found["paren"])
    if opened > 1 or len(signs) + opened > 1 or opened != match.group().count(")"):
        return None
    # With a minus after it, a digit is a mark of a school, and a year is the first of several.
    if found["trailing"] and (len(body) < 2 or _OPEN_YEARS.fullmatch(body)):
        return None
    if found["before"] and found["after"]:
        return None
    if codes:
        body = body.lstrip("0") if body.isdigit() and body.strip("0") else body
    elif is_code(body, power):
        return None
    if body[-1] in ".," and not (body[-1] == "." and body[:-1].isdigit()):
        return None
    value = digits_value(body.rstrip(".") if body[-1] == "." else body, decimal, power)
    if value is None:
        return None
    currency = CURRENCIES.get(found["before"] or found["after"], "")
    unit, scale = found["unit"].strip(BLANKS), found["scale"]
    factor = factor_of(scale, found["gap"], currency, metres)
    if scale and factor is None:
        unit, scale = f"{scale} {unit}".strip(), ""
    if unit and power and not found["unit"][0].isspace():
        return None
    value = scaled(value, factor or 1)
    if opened or any(sign in MINUS for sign in signs):
        value = -value
    if unit.lower() in ORDINAL or not unit:
        return Quantity(value, currency, "", scale, bool(found["trailing"]))
    if _HALF_DAY.fullmatch(unit) and body.isdigit() and 1 <= value <= 12:
        return None
    era = _BEFORE_CHRIST.fullmatch(unit)
    if era or _AFTER_CHRIST.fullmatch(unit):
        return Quantity(-value if era else value, currency, "", scale, bool(era))
    return Quantity(value, currency, unit, scale, bool(found["trailing"]))


def is_value(text: str) -> bool:
    """Whether a text is a number as a whole, with a decimal point or comma."""
    return any(read_quantity(text.strip(), mark) is not None for mark in (".", ","))


def factor_of(scale: str, gap: str, currency: str, metres: bool) -> int | None:
    """Returns the power of ten of a scale; None if it is a unit in this place."""
    word = scale.lower()
    if not scale:
        return 1
    if len(word) > 1 or currency:
        return SCALES[word]
    if word == "m":
        return None if scale == "m" and (metres or gap) else SCALES[word]
    if word == "t" or (word == "b" and scale == "b") or (word == "k" and gap):
        return None
    return SCALES[word]


def scaled(value: Number, factor: Number) -> Number:
    """Multiplies without binary rounding: 3.3 million is 3300000, not 3299999.9999999995.

    >>> scaled(3.3, 10**6), scaled(1.0000001, 1000)
    (3300000, 1000.0001)
    """
    if factor == 1:
        return value
    product = Decimal(repr(value)) * Decimal(factor)
    return int(product) if product == product.to_integral_value() else float(product)
