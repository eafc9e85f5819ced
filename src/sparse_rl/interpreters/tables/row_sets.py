"""Sets of rows as bit masks, row i being bit i, and their conversions.

Integers intersect sets of thousands of rows in less time than an array takes to be made; work on
the cells of many rows is for arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import compress

import numpy as np
import numpy.typing as npt

_BITS = bytes.maketrans(b"01", b"\0\1")
_DIGITS = bytes.maketrans(b"\0\1", b"01")
_CHUNK = 64
"""Bytes of a mask that `each_row` reads at a time."""


def mask_of(rows: Iterable[bool]) -> int:
    """Makes a mask of a truth value per row.

    >>> bin(mask_of([True, False, True, True]))
    '0b1101'
    """
    return int(bytes(rows).translate(_DIGITS)[::-1] or b"0", 2)


def mask_of_array(held_N: npt.NDArray[np.bool_]) -> int:
    """Makes a mask of an array of truth values.

    >>> bin(mask_of_array(np.array([True, False, True, True])))
    '0b1101'
    """
    return int.from_bytes(np.packbits(held_N, bitorder="little").tobytes(), "little")


def bits_of(rows: int) -> bytes:
    """A byte per row up to the last of a mask: to shift long masks row by row takes for ever."""
    return bin(rows)[:1:-1].encode().translate(_BITS)


# The values of several columns are often looked up for the same rows.
@lru_cache(maxsize=8)
def row_array(rows: int) -> npt.NDArray[np.intp]:
    """Indices of the rows of a mask, ascending.

    >>> row_array(0b1101).tolist()
    [0, 2, 3]
    """
    data = np.frombuffer(rows.to_bytes(_size(rows), "little"), np.uint8)
    return np.flatnonzero(np.unpackbits(data, bitorder="little").view(np.bool_))


def each_row(rows: int) -> Iterator[int]:
    """Yields the indices of the rows of a mask, ascending, without reading further than asked.

    >>> list(each_row(0b1101))
    [0, 2, 3]
    """
    data = rows.to_bytes(_size(rows), "little")
    for start in range(0, len(data), _CHUNK):
        part = int.from_bytes(data[start : start + _CHUNK], "little")
        if part:
            yield from compress(range(8 * start, 8 * (start + _CHUNK)), bits_of(part))


def is_one(rows: int) -> bool:
    """Whether a mask that is not empty has one row."""
    return not rows & (rows - 1)


def _size(rows: int) -> int:
    return (rows.bit_length() + 7) // 8
