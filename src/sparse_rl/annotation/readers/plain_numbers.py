"""Fractions, powers of ten and marks around a number, rewritten as a plain number."""

from __future__ import annotations

import unicodedata

import regex as re

VULGAR = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
# Between two digits a slash is a fraction only in these: 24/7 and 120/80 are none.
_DENOMINATORS = frozenset((*range(2, 11), 12, 16, 20, 32, 64, 100))
_FRACTION = re.compile(
    rf"(?<![\d.,/⁄])(?:(?P<whole>\d{{1,4}})(?:[- ]|(?=\ ?[{VULGAR}])))?\ ?"
    rf"(?:(?P<top>\d{{1,3}})\ ?(?P<slash>[/⁄])\ ?(?P<bottom>\d{{1,3}})|(?P<vulgar>[{VULGAR}]))"
    r"(?![\d/⁄]|[.,]\d)"
)
BARE_FRACTION = re.compile(r"\d+ ?/ ?\d+")
_EXPONENTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺\u2212", "0123456789-+-")
_POWER_OF_TEN = re.compile(
    r"(?<=\d)\s*[×x·*]\s*10(?:\s?\^\s?(?P<caret>[-+\u2212]?\d{1,3})|(?P<raised>[⁻⁺]?[⁰¹²³⁴-⁹]{1,3}))"
)
_ABOUT = re.compile(
    r"(?:[~≈≃∼<>≤≥]=?|(?:c\.|ca\.?|circa|approx\.?|approximately|about|around|roughly|almost|nearly|"
    r"over|under|(?:more|less) than|at least|at most|up to)(?=[\s\d]))\s*(?=[-\u2212\d.,$€£(])",
    re.IGNORECASE,
)
# Most texts have none of these.
_MAY_BE_MARKED = re.compile(rf"[\[*†‡§()?+±%/⁄^×·⁰¹²³⁴-⁹{VULGAR}]|{_ABOUT.pattern}", re.IGNORECASE)
_FOOTNOTE = re.compile(r"(?:\s?\[[^\[\]]{1,12}\]|\s?[*†‡§]+|\s\((?:est|approx)\.?\)|\?)+$")
_PLUS = re.compile(r"(?<=\d\d)\+$")
# A difference of nothing has no sign.
_NO_DIFFERENCE = re.compile(r"±\s*(?=0(?:[.,]0+)?(?!\S))")
_PERCENT_FIRST = re.compile(r"%\s?(.+)")


def plain_number(text: str, decimal: str) -> str:
    """Rewrites a number; a text without such marks stays as it is.

    >>> [plain_number(text, ".") for text in ("1 1/2", "2¾ cups", "~5", "65+", "1,234[1]")]
    ['1.5', '2.75 cups', '5', '65', '1,234']
    >>> plain_number("1.2×10^6", "."), plain_number("<0.1", "."), plain_number("120/80", ".")
    ('1.2e+6', '0.1', '120/80')
    """
    if not _MAY_BE_MARKED.search(text):
        return text
    text = _PLUS.sub("", _FOOTNOTE.sub("", text))
    if about := _ABOUT.match(text):
        text = text[about.end() :]
    text = _NO_DIFFERENCE.sub("", text)
    text = _POWER_OF_TEN.sub(_exponent, text)
    text = _PERCENT_FIRST.sub(r"\1%", text) if text[:1] == "%" else text
    return str(_FRACTION.sub(lambda match: _decimals(match, decimal), text))


def fraction_value(match: re.Match[str]) -> float | None:
    """Value of a fraction that was found; None if it looks like a date, a ratio or a score."""
    whole = int(match["whole"] or 0)
    if match["vulgar"]:
        return whole + unicodedata.numeric(match["vulgar"])
    top, bottom = int(match["top"]), int(match["bottom"])
    if not 0 < top < bottom or (match["slash"] == "/" and bottom not in _DENOMINATORS):
        return None
    return whole + top / bottom


def find_fractions(text: str) -> list[tuple[re.Match[str], float]]:
    """Finds the fractions that a text mentions, with their values."""
    found = ((match, fraction_value(match)) for match in _FRACTION.finditer(text))
    return [(match, value) for match, value in found if value is not None]


def _decimals(match: re.Match[str], decimal: str) -> str:
    value = fraction_value(match)
    return match.group() if value is None else f"{value!r}".replace(".", decimal)


def _exponent(match: re.Match[str]) -> str:
    # With a sign, as a code such as 12E3 has none.
    power = (match["caret"] or match["raised"]).translate(_EXPONENTS)
    return f"e{power}" if power[0] in "-+" else f"e+{power}"
