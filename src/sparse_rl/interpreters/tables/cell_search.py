"""Search for words in the distinct cells of a column."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

import numpy as np

from sparse_rl.interpreters.tables.row_sets import mask_of_array


class CellSearch:
    """Normalised cells of a column as one text, in which Python looks for words quickly.

    Args:
        keys: distinct normalised cells between blanks; none has a line break.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = list(keys)
        self._text = "\n".join(self._keys)
        self._ends = list(accumulate(len(key) + 1 for key in self._keys))

    def containing(self, padded: str) -> Iterator[int]:
        """Yields the places of the cells that contain words, which are given between blanks."""
        find, ends = self._text.find, self._ends
        found = -1 if "\n" in padded else find(padded)
        while found >= 0:
            place = bisect_right(ends, found)
            yield place
            found = find(padded, ends[place])


class WordColumn:
    """Cells of a column by their normalised text.

    Args:
        keys: normalised cells between blanks, by row; "" is empty.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
        self._search = CellSearch(places)
        self._size = len(places)
        self._place_N = np.fromiter(map(places.__getitem__, keys), np.int32, len(keys))

    def containing(self, strings: Iterable[str]) -> int:
        """Mask of the rows whose cell contains any of the strings as whole words."""
        found = {p for string in strings for p in self._search.containing(f" {string} ")}
        if not found:
            return 0
        held_V = np.zeros(self._size, np.bool_)
        held_V[list(found)] = True
        return mask_of_array(held_V[self._place_N])
