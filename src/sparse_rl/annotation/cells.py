"""Typed values of a table's cell, by the rules of WikiTableQuestions' tagged tables."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from sparse_rl.annotation.entities import Entity, entities, may_start_entity
from sparse_rl.annotation.tokens import tokenize
from sparse_rl.annotation.types import CellTags
from sparse_rl.interpreters.tables.dates import Date

# The number that java.text.NumberFormat reads at the beginning of a text: it skips commas
# anywhere between digits.
_NUMBER = re.compile(r"(?P<whole>\d+(?:,+\d+)*)?(?P<part>\.\d*)?(?P<power>E-?\d+)?", re.ASCII)
_FIRST = re.compile(r"[0-9.]")
_SEPARATOR = re.compile(r"\s*(?:,\s|\n|/)\s*")
_DATE = re.compile(r"([0-9X]{4})(?:-([0-9X]{2}))?(?:-([0-9X]{2}))?")
# Most cells are plain numbers or names, and need no tokens.
_MAY_BE_DATE = re.compile(
    r"(?<!\d)\d{4}(?!\d)|\d[/.-]\d+[/.-]\d|(?:jan|feb|ma[ry]|apr|ju[nl]|aug|sep|oct|nov|dec)|century",
    re.IGNORECASE,
)
_LONGEST_DATE = 60


@lru_cache(maxsize=1 << 18)
def annotate_cell(text: str) -> CellTags:
    """Reads a cell; cached by text.

    Only a cell that is a date as a whole has a date. The list has the parts between commas, slashes
    and line breaks: one for a cell without separators, none for an empty cell.

    >>> annotate_cell("July 26, 2010").date
    Date(year=2010, month=7, day=26)
    >>> annotate_cell("12,467 (2nd)").number, annotate_cell("2-1").num2
    (12467.0, 1.0)
    """
    first, second = leading_numbers(text)
    number, date = first, None
    if first is None or _MAY_BE_DATE.search(text):
        entity = _whole(text)
        if entity is not None and entity.tag == "DATE":
            date = _date(entity.value)
        elif entity is not None and first is None:
            number = _amount(entity.value)
    return CellTags(number, second, date, parts(text))


def leading_numbers(text: str) -> tuple[float | None, float | None]:
    """Reads the first two numbers in digits.

    As in the release, blanks do not end a number ("30, 2013" is 302013), signs are ignored, and a
    full stop before a digit begins a fraction ("c. 1980" is 0.198).

    >>> leading_numbers("3 x 1,200 m")
    (3.0, 1200.0)
    """
    compact = text.replace(" ", "")
    first, end = _number_at(compact)
    return first, _number_at(compact[end:])[0] if end else None


def _number_at(text: str) -> tuple[float | None, int]:
    start = _FIRST.search(text)
    match = _NUMBER.match(text, start.start()) if start else None
    if match is None or not any(char.isdigit() for char in match.group()):
        return None, 0
    number = float(match.group().replace(",", ""))
    # A colour such as #C5E384 is not a number.
    return number if math.isfinite(number) else None, match.end()


def parts(text: str) -> tuple[str, ...]:
    """Splits a cell into the items of a list.

    >>> parts("Brooklyn, New York / Boston")
    ('Brooklyn', 'New York', 'Boston')
    """
    is_one = "," not in text and "/" not in text and "\n" not in text
    found = [part.strip() for part in ((text,) if is_one else _SEPARATOR.split(text))]
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def _whole(text: str) -> Entity | None:
    """Finds an entity that is the whole cell."""
    first = text.split(maxsplit=1)[:1]
    if not first or len(text) > _LONGEST_DATE or not may_start_entity(first[0].lower()):
        return None
    tokens = tokenize(text)
    found = entities(tokens)
    if len(found) == 1 and found[0].start == 0 and found[0].end == len(tokens):
        return found[0]
    return None


def _amount(value: str) -> float | None:
    try:
        return float(value.lstrip("<>=~$£%"))
    except ValueError:
        return None


def _date(value: str) -> Date | None:
    """Reads the date of an entity's value; None for values such as THIS P1Y."""
    match = _DATE.fullmatch(value)
    if match is None:
        return None
    fields = [int(field) if field and "X" not in field else None for field in match.groups()]
    return None if not any(fields) else Date(*fields)
