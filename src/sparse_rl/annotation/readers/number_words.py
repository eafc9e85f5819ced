"""Numbers in words: "three hundred and five thousand", "half a million", "minus five"."""

from __future__ import annotations

from collections.abc import Sequence

_ONES = {
    word: value
    for value, word in enumerate(
        str.split(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen "
            "fourteen fifteen sixteen seventeen eighteen nineteen"
        )
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        str.split("twenty thirty forty fifty sixty seventy eighty ninety"), start=2
    )
}
_RANKS = {
    word: value
    for value, word in enumerate(
        str.split(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
            "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
        ),
        start=1,
    )
} | {word[:-1] + "ieth": value for word, value in _TENS.items()}
_SCALES = {
    **{"thousand": 10**3, "lakh": 10**5, "million": 10**6, "crore": 10**7},
    **{"billion": 10**9, "trillion": 10**12},
}
_GROUPS = {"hundred": 100, "dozen": 12}
# One of so many equal parts.
_PARTS = {"third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_MINUS = ("minus", "negative")


def word_number(words: Sequence[str], start: int) -> tuple[int | float, int] | None:
    """Reads the number in words that begins at a word: its value and its end.

    >>> word_number("one hundred and five cars".split(), 0)
    (105, 4)
    >>> word_number("half a million".split(), 0), word_number("minus five".split(), 0)
    ((500000, 3), (-5, 2))
    >>> word_number("three quarters of it".split(), 0), word_number("three quarters".split(), 0)
    ((0.75, 2), (3, 1))
    >>> word_number("a car".split(), 0)
    """
    if words[start] in _MINUS and start + 1 < len(words):
        found = word_number(words, start + 1)
        return None if found is None or found[0] == 0 else (-found[0], found[1])
    return _Phrase(words, start).read()


class _Phrase:
    """Reads one phrase from left to right."""

    def __init__(self, words: Sequence[str], start: int) -> None:
        self._words = words
        self._start = self._at = start
        self._total: int | float = 0
        self._part: int | float | None = None

    def _word(self, ahead: int = 0) -> str:
        place = self._at + ahead
        return self._words[place] if place < len(self._words) else ""

    def read(self) -> tuple[int | float, int] | None:
        if self._word() == "half":
            return self._half()
        if self._word() in ("a", "an", "one") and self._word(1) in _PARTS and self._word(2) == "of":
            return 1 / _PARTS[self._word(1)], self._at + 2
        if self._word() in ("a", "an"):
            if self._word(1) == "half":
                self._at += 1
                return self._half()
            if self._word(1) not in _SCALES and self._word(1) not in _GROUPS:
                return None
            self._at += 1
            self._part = 1
        while self._step():
            pass
        if self._at == self._start:
            return None
        value = _integer(self._total + (self._part or 0))
        parts = _PARTS.get(self._word().removesuffix("s"))
        if parts and self._word().endswith("s") and self._word(1) == "of" and value < 2 * parts:
            return value / parts, self._at + 1
        return value, self._at

    def _half(self) -> tuple[int | float, int]:
        self._at += 1
        skip = self._word() in ("a", "an")
        factor = _SCALES.get(self._word(skip)) or _GROUPS.get(self._word(skip))
        if factor:
            self._at += skip + 1
        return _integer(0.5 * (factor or 1)), self._at

    def _step(self) -> bool:
        """Takes the next word if it continues the number."""
        word, part = self._word(), self._part
        if word in _ONES and (part is None or (part % 10 == 0 and part > 10)):
            return self._take(1, (part or 0) + _ONES[word])
        if word in _TENS and (part is None or part % 100 == 0):
            return self._take(1, (part or 0) + _TENS[word])
        if word in _RANKS and (part is None or (part % 10 == 0 and part > 10)):
            self._take(1, (part or 0) + _RANKS[word])
            return False
        if word in _GROUPS:
            if part is None and self._total:
                return False
            return self._take(1, (1 if part is None else part) * _GROUPS[word])
        if word in _SCALES and (part is not None or self._at == self._start):
            self._total += (1 if part is None else part) * _SCALES[word]
            self._part = None
            self._at += 1
            return True
        if word == "-" and part in _TENS.values() and _ONES.get(self._word(1), 0) in range(1, 10):
            return self._take(2, (part or 0) + _ONES[self._word(1)])
        return self._joined(word)

    def _joined(self, word: str) -> bool:
        """Takes "and five" after hundreds, and "and a half"."""
        if word != "and" or self._at == self._start:
            return False
        if (self._word(1), self._word(2)) == ("a", "half"):
            return self._take(3, (self._part or 0) + 0.5)
        before = self._words[self._start - 1] if self._start else ""
        after = self._word(1)
        small = after in _ONES or after in _TENS
        ends = self._word(2) not in _GROUPS and self._word(2) not in _SCALES
        hundreds = self._part is None or self._part % 100 == 0
        if before == "between" or not (small and ends and hundreds):
            return False
        self._at += 1
        return True

    def _take(self, words: int, part: int | float) -> bool:
        self._at += words
        self._part = part
        return True


def _integer(value: int | float) -> int | float:
    return int(value) if isinstance(value, float) and value.is_integer() else value
