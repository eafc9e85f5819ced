"""Dates with possibly unknown fields, in CoreNLP's notation (`1950-xx-xx`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PATTERN = re.compile(r"(-?\d{4,}|xxxx|xx)-(\d{1,2}|xx)-(\d{1,2}|xx)", re.IGNORECASE)


@dataclass(frozen=True, order=False)
class Date:
    """Calendar date; an unknown field is None.

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
        """Formats the date; the inverse of `parse`.

        >>> str(Date(1950, 3)), str(Date(-44, 3, 15))
        ('1950-03-xx', '-0044-03-15')
        """
        year = "xxxx" if self.year is None else f"{'-' * (self.year < 0)}{abs(self.year):04d}"
        month = "xx" if self.month is None else f"{self.month:02d}"
        day = "xx" if self.day is None else f"{self.day:02d}"
        return f"{year}-{month}-{day}"

    @property
    def fields(self) -> tuple[int | None, int | None, int | None]:
        """Year, month and day."""
        return (self.year, self.month, self.day)

    @property
    def sort_key(self) -> tuple[bool | int, ...]:
        """Key of a total order by year, month and day; an unknown field comes first."""
        year, month, day = self.year, self.month, self.day
        known = year is not None, month is not None, day is not None
        return known[0], year or 0, known[1], month or 0, known[2], day or 0

    def __hash__(self) -> int:
        # Columns are indexed by their dates: this is half the time of a dataclass's own.
        return hash((self.year, self.month, self.day))

    def compare(self, other: Date) -> int | None:
        """Compares the fields that both dates have: -1, 0 or 1; None if they share none.

        >>> Date(1950).compare(Date(1950, 6)), Date(None, 7, 4).compare(Date(1950, 6))
        (0, 1)
        """
        pairs = zip(self.fields, other.fields, strict=True)
        shared = [(a, b) for a, b in pairs if a is not None and b is not None]
        if not shared:
            return None
        return next(((a > b) - (a < b) for a, b in shared if a != b), 0)

    @classmethod
    def parse(cls, text: str) -> Date:
        """Parses `yyyy-mm-dd`, with `xxxx` or `xx` for an unknown field.

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
