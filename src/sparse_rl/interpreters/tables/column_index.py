"""Index of a column: its distinct values as codes, for work on many rows at once.

Comparisons look a value up among the sorted distinct ones and compare codes, so they are exact for
integers that no float holds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.row_sets import mask_of_array, row_array


def rank(value: Any) -> Any:
    """Sort key of the values of an ordered column."""
    return value.sort_key if isinstance(value, Date) else value


class ColumnIndex:
    """Distinct values of a column of N cells.

    Args:
        cells: the column's cells; None is empty.
        ordered: whether they are numbers or dates.

    Attributes:
        values: distinct values; those of an ordered column ascend.
        code_N: index in `values` of every cell; their number for an empty cell.
    """

    def __init__(self, cells: Sequence[Any], ordered: bool) -> None:
        distinct = dict.fromkeys(cells)
        distinct.pop(None, None)
        self.values: list[Any] = list(distinct)
        if ordered:
            is_date = isinstance(next(iter(distinct), None), Date)
            self.values.sort(key=attrgetter("sort_key") if is_date else None)
        self._code = {value: code for code, value in enumerate(self.values)}
        codes = {**self._code, None: len(self.values)}
        self.code_N = np.fromiter(map(codes.__getitem__, cells), np.int32, len(cells))

    def equal(self, value: Any) -> int:
        """Mask of the rows with a value."""
        code = self._code.get(value)
        return 0 if code is None else mask_of_array(self.code_N == code)

    def less(self, value: float) -> int:
        """Mask of the rows with a number below `value`."""
        return mask_of_array(self.code_N < bisect_left(self.values, value))

    def repeated(self) -> int:
        """Mask of the rows with a value that another row has too."""
        several = np.bincount(self.code_N, minlength=len(self.values) + 1) > 1
        several[-1] = False
        return mask_of_array(several[self.code_N])

    def extreme(self, rows: int, greatest: bool) -> int:
        """Mask of those rows with the greatest or the least value.

        Args:
            rows: rows with a value, at least one.
            greatest: whether the greatest is wanted.
        """
        code_R = self.code_N.take(row_array(rows))
        best = code_R.max() if greatest else code_R.min()
        return rows & mask_of_array(self.code_N == best)

    def number_of_values(self, rows: int) -> int:
        """Number of different values over rows that have one."""
        return int(np.count_nonzero(np.bincount(self.code_N.take(row_array(rows)))))

    def most_frequent(self, rows: int) -> npt.NDArray[np.intp]:
        """Those rows whose value is as frequent among them as any.

        Args:
            rows: rows with a value, at least one.
        """
        row_R = row_array(rows)
        code_R = self.code_N.take(row_R)
        count_V = np.bincount(code_R)
        kept: npt.NDArray[np.intp] = row_R[(count_V == count_V.max())[code_R]]
        return kept


class DateFields:
    """Fields of the distinct dates of a column, to compare all with one.

    Args:
        index: index of the column.
    """

    def __init__(self, index: ColumnIndex) -> None:
        self._code_N = index.code_N
        self._fields = [
            _column(field) for field in zip(*(d.fields for d in index.values), strict=True)
        ]

    def compare(self, value: Date) -> tuple[int, int, int]:
        """Masks of the rows with an earlier, the same and a later date; see `Date.compare`."""
        # One more than there are values: an empty cell is not comparable.
        order_V = np.zeros(len(self._fields[0][0]) + 1, np.int8)
        shared_V = np.zeros(len(order_V), np.bool_)
        for (field_V, known_V), wanted in zip(self._fields, value.fields, strict=True):
            if wanted is not None:
                sign_V = (field_V > wanted).astype(np.int8) - (field_V < wanted)
                undecided_V = known_V & (order_V[:-1] == 0)
                order_V[:-1][undecided_V] = sign_V[undecided_V]
                shared_V[:-1] |= known_V
        order_N, shared_N = order_V[self._code_N], shared_V[self._code_N]
        earlier, same, later = order_N < 0, order_N == 0, order_N > 0
        return (
            mask_of_array(earlier & shared_N),
            mask_of_array(same & shared_N),
            mask_of_array(later & shared_N),
        )


_SAFE = 1 << 62


def _column(
    field_V: tuple[int | None, ...],
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """One field of dates, and where it is known."""
    known_V = np.array([field is not None for field in field_V], np.bool_)
    numbers = [field or 0 for field in field_V]
    fits = all(-_SAFE < number < _SAFE for number in numbers)
    return np.array(numbers, np.int64 if fits else object), known_V
