"""Dates of which some fields may be unknown, as CoreNLP writes them (`1950-xx-xx`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PATTERN = re.compile(r"(-?\d{4,}|xxxx|xx)-(\d{1,2}|xx)-(\d{1,2}|xx)", re.IGNORECASE)


@dataclass(frozen=True, order=False)
class Date:
    """A calendar date; None is an unknown field.

    Raises:
        ValueError: no field is known, or a month or day is out of range.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.year is None and self.month is None and self.day is None:
            raise ValueError("give at least one field of a date: year, month and day are unknown")
        if self.month is not None and not 1 <= self.month <= 12:
            raise ValueError(f"give a month from 1 to 12, not {self.month}")
        if self.day is not None and not 1 <= self.day <= 31:
            raise ValueError(f"give a day from 1 to 31, not {self.day}")

    def __str__(self) -> str:
        year = "xxxx" if self.year is None else f"{self.year:04d}"
        month = "xx" if self.month is None else f"{self.month:02d}"
        day = "xx" if self.day is None else f"{self.day:02d}"
        return f"{year}-{month}-{day}"

    @classmethod
    def parse(cls, text: str) -> Date:
        """The date of `yyyy-mm-dd`, where `xxxx` or `xx` stands for an unknown field.

        >>> Date.parse("1950-xx-xx")
        Date(year=1950, month=None, day=None)

        Raises:
            ValueError: the text has another form or no known field.
        """
        match = _PATTERN.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"write a date as yyyy-mm-dd with xx for unknown, not {text!r}")
        fields = [None if "x" in field.lower() else int(field) for field in match.groups()]
        return cls(*fields)
