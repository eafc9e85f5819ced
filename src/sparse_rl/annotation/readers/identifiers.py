"""Columns of digits that name things: codes, versions, telephone numbers."""

from __future__ import annotations

from collections.abc import Sequence

import regex as re

from sparse_rl.annotation.readers.dates import read_date
from sparse_rl.annotation.readers.numbers import BLANKS, read_quantity, western

# From here on a double no longer tells two integers apart.
_LONG = 16
_ZEROS = re.compile(r"0\d+(?:\.\d+)?")
# 01.2021 beside 10.2020 is a month.
_MONTH = re.compile(r"(?:0[1-9]|1[0-2])\.(?:19|20)\d\d")
_POWER = re.compile(r"\d{2,}[eE]\d+")
# 1e6 is a number, 1E6 beside 2E4 a code.
_CODE_POWER = re.compile(r"\d+E\d+")
_POWERS = re.compile(r"\d+[eE]\d+")
_ISBN = re.compile(r"97[89]\d{10}")
_CUT = re.compile(r"\d[.,]\d+E\+\d\d")
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_ADDRESS = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}(?:[:/]\d+)?")
_VERSION = re.compile(r"v?\d+(?:\.\d+)+(?:[-.]?(?:a|b|rc|alpha|beta|dev|post)\.?\d*)?")
_SECTION = re.compile(r"\d{1,3}(?:\.\d{1,3})*\.?")
_PHONE = re.compile(rf"\+?(?:\(?\d+\)?[-./{BLANKS}]?)+")
_CHAPTER_HEADER = re.compile(
    r"(?:chapters?|sections?|clauses?|§)(?: n(?:o|r|umber)\b\.?)?", re.IGNORECASE
)
_VERSION_HEADER = re.compile(r"\bver(?:sions?)?\b|\brelease\b", re.IGNORECASE)
_PHONE_HEADER = re.compile(r"phone|\btel\b|\btel\.|\bfax\b|\bmobile\b|\bcell\b", re.IGNORECASE)
_CODE_HEADER = re.compile(
    r"\bzip\b|post(?:al)?[ _-]?code|\bplz\b|\bisbn\b|\bissn\b|\biban\b|\bssn\b|\bean\b|\bbarcode\b|"
    r"\bserial\b",
    re.IGNORECASE,
)


def identifier_kind(header: str, cells: Sequence[str]) -> str:
    """Says why the cells of a column are identifiers; "" if they are not.

    Identifiers stay as they are written, and have no order.

    >>> identifier_kind("Part", ["12E3", "45E7"]), identifier_kind("Points", ["12", "45"])
    ('codes with an E', '')
    """
    # Every test is of all cells or of any: repeated ones decide nothing.
    cells = [western(cell) for cell in dict.fromkeys(cells)]
    digits = all(cell.replace(".", "", 1).isdigit() for cell in cells)
    if all(map(_MONTH.fullmatch, cells)):
        return ""
    if digits and any(cell[0] == "0" and _ZEROS.fullmatch(cell) for cell in cells):
        return "leading zeros"
    if any(cell.isdigit() and len(cell) >= _LONG for cell in cells):
        return "long digits"
    if all(map(_CODE_POWER.fullmatch, cells)):
        return "codes with an E"
    if any(map(_POWER.fullmatch, cells)) and all(
        _POWERS.fullmatch(c) or c.isdigit() for c in cells
    ):
        return "codes with an E"
    if all(map(_ISBN.fullmatch, cells)):
        return "codes"
    if _CODE_HEADER.search(header):
        if all(re.fullmatch(r"[\d -]+[Xx]?", c) for c in cells):
            return "codes"
        if all(map(_CUT.fullmatch, cells)):
            return "codes that lost digits in a spreadsheet"
    # Section 1.10 is not 1.1, and follows 1.9.
    if (
        _CHAPTER_HEADER.fullmatch(header)
        and all(map(_SECTION.fullmatch, cells))
        and "." in "".join(cells)
    ):
        return "numbers of sections"
    if _is_version(header, cells):
        return "versions"
    if all(map(_ADDRESS.fullmatch, cells)):
        return "network addresses"
    if _is_phone(header, cells):
        return "telephone numbers"
    return ""


def _is_version(header: str, cells: Sequence[str]) -> bool:
    if not all(_VERSION.fullmatch(cell) or cell.isdigit() for cell in cells):
        return False
    if _VERSION_HEADER.search(header):
        return True
    # 1.234.567 is a number with thousands, 1.2.2021 a date.
    if all(read_date(cell) or read_date(cell, "day first") for cell in cells):
        return False
    return any(cell.count(".") > 1 and read_quantity(cell, ",") is None for cell in cells)


def _is_phone(header: str, cells: Sequence[str]) -> bool:
    shaped = all(
        _PHONE.fullmatch(cell) and sum(char.isdigit() for char in cell) >= 6 for cell in cells
    )
    if not shaped:
        return False
    if _PHONE_HEADER.search(header):
        return True
    return all(cell.startswith("+") and len(cell) > 7 for cell in cells)
