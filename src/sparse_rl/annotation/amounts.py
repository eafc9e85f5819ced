"""Numbers and ordinals that a text mentions, with CoreNLP's values."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from sparse_rl.interpreters.tables.text import numerals, tokenize

_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SUFFIXES = {"m": 1e6, "b": 1e9}
# Words that CoreNLP always reads as numbers, and roman numerals.
_WORDS = {"score": 20.0, "gross": 144.0, "dozen": 12.0, "ii": 0.0, "iii": 0.0}
# A fast test before the numerals are read: beginnings of their words.
_LIKE_NUMERAL = re.compile(
    "zero|one|two|thr|thir|four|fort|fif|five|six|seven|eigh|nin|ten|elev|twe|firs|second"
)
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)")
_DIGITS = re.compile(r"[-+]?(?:\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)")


@lru_cache(maxsize=1 << 14)
def number(token: str) -> float | None:
    """Reads a token that is a number in digits or words; else None.

    >>> number("12,467"), number("-.5"), number("two"), number("million"), number("5000m")
    (12467.0, -0.5, 2.0, 1000000.0, 5000000000.0)
    """
    if _DIGITS.fullmatch(token):
        return float(token.replace(",", ""))
    if token in _SCALES:
        return _SCALES[token]
    if token in _WORDS:
        return _WORDS[token]
    if _DIGITS.fullmatch(token[:-1]) and token[-1] in _SUFFIXES:
        return float(token[:-1].replace(",", "")) * _SUFFIXES[token[-1]]
    return None if ordinal(token) is not None else _word(token)


@lru_cache(maxsize=1 << 14)
def ordinal(token: str) -> float | None:
    """Reads the rank that a token names; else None.

    >>> ordinal("first"), ordinal("3rd"), ordinal("one")
    (1.0, 3.0, None)
    """
    if _ORDINAL.fullmatch(token):
        return float(token[:-2])
    if token in ("first", "second", "third") or token.endswith("th"):
        return _word(token)
    return None


def _word(token: str) -> float | None:
    if not _LIKE_NUMERAL.match(token) or not token.isalpha():
        return None
    found = numerals(token, tokenize(token))
    return found[0].value if found else None


def number_phrase(tokens: Sequence[str], start: int) -> tuple[float, int] | None:
    """Reads the number that starts at a token, if any: its value and its end.

    >>> number_phrase("1.5 million people".split(), 0)
    (1500000.0, 2)
    """
    value = number(tokens[start]) if start < len(tokens) else None
    if value is None:
        return None
    end = start + 1
    while end < len(tokens) and (following := number(tokens[end])) is not None:
        if tokens[end] in _SCALES:
            value *= following
        elif tokens[end - 1].isalpha():
            value += following
        else:
            break
        end += 1
    return value, end


def java_double(value: float) -> str:
    """Formats a number as Java does: in scientific notation from ten million on.

    >>> java_double(3), java_double(174144585), java_double(-2e-5)
    ('3.0', '1.74144585E8', '-2.0E-5')
    """
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(float(value))
    sign, figures, power = Decimal(repr(value)).normalize().as_tuple()
    written = "".join(map(str, figures))
    exponent = int(power) + len(written) - 1
    return f"{'-' * sign}{written[0]}.{written[1:] or '0'}E{exponent}"
