"""Typed cells of Parquet files, spreadsheets and data frames as text."""

from __future__ import annotations

import datetime
import json
import re
from decimal import Decimal
from typing import Any

from sparse_rl.errors import DataError


def cell_text(cell: Any) -> str:
    """Writes a cell as in a CSV file; integers without a fraction of zeros.

    >>> [cell_text(cell) for cell in (3.0, 2.5, None, float("nan"), datetime.datetime(2024, 3, 5))]
    ['3', '2.5', '', '', '2024-03-05']
    >>> cell_text(Decimal("1.10")), cell_text(datetime.timedelta(hours=30)), cell_text(["a", "b"])
    ('1.10', '30:00:00', 'a, b')

    Raises:
        DataError: the cell has bytes that are not UTF-8.
    """
    # NaN and NaT differ from themselves; pandas' NA is neither true nor false.
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return ""
    if isinstance(cell, str):
        return visible(cell)
    if type(cell).__module__ == "numpy":
        return _numpy_text(cell)
    if isinstance(cell, float):
        if cell != cell:
            return ""
        return (
            str(int(cell))
            if cell.is_integer() and abs(cell) < 1 << 53
            else _decimals(repr(float(cell)))
        )
    if isinstance(cell, Decimal):
        return "" if cell.is_nan() else _decimals(format(cell, "f"))
    if isinstance(cell, (bytes, bytearray, memoryview)):
        return _decoded(bytes(cell))
    if isinstance(cell, datetime.timedelta):
        return _duration_text(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else str(cell)
    if isinstance(cell, (list, tuple, set, frozenset)):
        return ", ".join(map(cell_text, cell))
    if isinstance(cell, dict):
        return json.dumps({str(k): cell_text(v) for k, v in cell.items()}, ensure_ascii=False)
    return str(cell)


def visible(text: str) -> str:
    """Leaves out marks without a width, which texts copied from web pages contain.

    >>> visible("\u200e5\u200b")
    '5'
    """
    if text.isascii() or not any(mark in text for mark in _INVISIBLE):
        return text
    return text.translate(dict.fromkeys(map(ord, _INVISIBLE)))


# Not those that join and separate letters.
_INVISIBLE = "\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def _decimals(number: str) -> str:
    """Adds a zero to three decimals, which could be read as thousands."""
    return f"{number}0" if _THREE.fullmatch(number) else number


_THREE = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")


def _numpy_text(cell: Any) -> str:
    """Writes a number of numpy with the digits of its own precision, and an array as a list."""
    if getattr(cell, "ndim", 0):
        return cell_text(cell.tolist())
    if cell.dtype.kind == "f" and cell.dtype.itemsize < 8:
        text = str(cell)
        return cell_text(float(text)) if text != "nan" else ""
    return cell_text(cell.item())


def _decoded(cell: bytes) -> str:
    try:
        return cell.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"write text, not bytes that are not UTF-8: {error}") from None


def _duration_text(cell: datetime.timedelta) -> str:
    whole = abs(cell)
    minutes, seconds = divmod(whole.days * 86400 + whole.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    part = f".{whole.microseconds:06d}".rstrip("0") if whole.microseconds else ""
    sign = "-" if cell < datetime.timedelta() else ""
    return f"{sign}{hours}:{minutes:02d}:{seconds:02d}{part}"
