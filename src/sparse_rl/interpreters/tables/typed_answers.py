"""Comparison of denotations with gold answers as in WikiTableQuestions' evaluation.

Both sides become sets of typed values: numbers, dates, or texts. A denotation is right if it has
as many values as the gold answer and every gold value matches one of them.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sparse_rl.interpreters.tables.dates import Date

Value = str | int | float | Date
"""Item of a denotation."""

_CLOSE = 1e-6
_ASCII = str.maketrans(
    {**dict.fromkeys("‘’´`", "'"), **dict.fromkeys("“”", '"')} | {dash: "-" for dash in "‐‑‒–—−"}
)
_MARKS = "•♦†‡*#+"
# A bracket at the very beginning is text, unless it contains a number.
_CITATION = re.compile(r"(?:(?!^)\[[^\]]*\]|^\[\d+\])$")
_PARENTHESES = re.compile(r" \([^)]*\)$")
_QUOTED = re.compile(r'"([^"]*)"')


@lru_cache(maxsize=1 << 18)
def official_text(text: str) -> str:
    """Converts text to the normal form of the evaluation.

    >>> official_text('“Café  Noir” (1998) [3]†')
    'cafe noir'
    """
    decomposed = unicodedata.normalize("NFKD", text)
    text = "".join(char for char in decomposed if unicodedata.category(char) != "Mn")
    text, before = text.translate(_ASCII), None
    while text != before:
        before = text
        text = _CITATION.sub("", text.strip().rstrip(_MARKS))
        text = _PARENTHESES.sub("", text.strip()).strip()
        quoted = _QUOTED.fullmatch(text)
        text = quoted[1] if quoted else text
    return " ".join(text.removesuffix(".").split()).lower()


@dataclass(frozen=True)
class TypedValue:
    """Typed value of the evaluation.

    Attributes:
        text: normal form of its text.
        key: its number or date, else `text`. Values of one key are one member of a set.
    """

    text: str
    key: float | Date | str

    @classmethod
    def read(cls, text: str, canonical: str = "") -> TypedValue:
        """Reads a text with its canonical form, a number or date ("12467.0").

        Without a canonical form, the text itself is read. A date that is a bare year is a number.
        """
        normal = official_text(text)
        number = _number(canonical or text)
        if number is not None:
            return cls(normal, number)
        date = _date(canonical or text)
        if date is None:
            return cls(normal, normal)
        if date.year is not None and date.month is None and date.day is None:
            return cls(normal, date.year)
        return cls(normal, date)

    def matches(self, other: TypedValue) -> bool:
        """Whether both are the same text, the same date, or numbers less than 1e-6 apart."""
        if self.text == other.text:
            return True
        mine, theirs = self.key, other.key
        if isinstance(mine, (int, float)) and isinstance(theirs, (int, float)):
            return abs(mine - theirs) < _CLOSE
        return isinstance(mine, Date) and mine == theirs


def _number(text: str) -> float | None:
    """Reads a number; one close to an integer becomes it, so that sets count both once."""
    if "_" in text:  # Python would accept 1_000.
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return round(number) if abs(number - round(number)) < _CLOSE else number


def _date(text: str) -> Date | None:
    fields = text.lower().split("-")
    if len(fields) != 3 or "_" in text:
        return None
    year, month, day = fields
    try:
        return Date(
            None if year in ("xx", "xxxx") else int(year),
            None if month == "xx" else int(month),
            None if day == "xx" else int(day),
        )
    except ValueError:
        return None


def item_text(value: Value) -> str:
    """Formats a value of a denotation for a submission, on one line and without tabs.

    >>> item_text(12467.0), item_text(2.5), item_text("new\\tyork"), item_text(Date(1950, 3))
    ('12467', '2.5', 'new york', '1950-03-xx')
    """
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, Date) or not math.isfinite(value):
        return str(value)
    # The evaluation would cut off 2.9999999999 at the point.
    return str(round(value)) if abs(value - round(value)) < _CLOSE else repr(value)


@lru_cache(maxsize=1 << 18)
def _typed(value: Value) -> TypedValue:
    return TypedValue.read(item_text(value))


@dataclass(frozen=True)
class SetAnswer:
    """Gold answer as a set: order and repetition do not matter.

    Args:
        texts: its items as written.
        canonical: number or date of each item (`12467.0`, `1950-03-xx`); if empty, the text itself
            is read.

    Raises:
        ValueError: there are more or fewer canonical forms than texts.
    """

    texts: tuple[str, ...]
    canonical: tuple[str, ...]

    @cached_property
    def values(self) -> tuple[TypedValue, ...]:
        """Distinct values."""
        distinct: dict[object, TypedValue] = {}
        for text, canonical in zip(self.texts, self.canonical, strict=True):
            value = TypedValue.read(text, canonical)
            distinct.setdefault(value.key, value)
        return tuple(distinct.values())

    def as_given(self) -> tuple[str, ...]:
        return self.texts

    def accepts(self, denotation: Iterable[Value]) -> bool:
        found: dict[object, TypedValue] = {}
        for item in denotation:
            value = _typed(item)
            found.setdefault(value.key, value)
            if len(found) > len(self.values):
                return False
        return len(found) == len(self.values) and all(
            gold.key in found or any(map(gold.matches, found.values())) for gold in self.values
        )

    def key(self, denotation: Iterable[Value]) -> Hashable:
        return frozenset(_typed(item).key for item in denotation)
