"""What a question names and its table does not have: names, codes, numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import regex as re

from sparse_rl.annotation import time_words
from sparse_rl.annotation.readers.units import CURRENCIES, UNITS
from sparse_rl.interpreters.tables.constants import Constant
from sparse_rl.interpreters.tables.text import Token

# A capital within a sentence begins a name; letters with digits are a code.
_NAME = re.compile(r"(?<=\w[,;]?\s)(?:\p{L}+[-/]?\d+\w*|\p{Lu}[\p{L}\p{M}]+)")
_TITLES = str.split("mr mrs ms miss dr prof sir id ok asap please thanks")
_MONEY = (code.lower() for code in CURRENCIES.values())
_CALENDAR = (*time_words.MONTHS, *time_words.SHORT, *time_words.DAYS)
_NO_NAMES = frozenset((*_CALENDAR, *_MONEY, *UNITS, *_TITLES))


def not_understood(
    question: str, tokens: Sequence[Token], constants: Sequence[Constant], headers: Collection[str]
) -> tuple[str, ...]:
    """Words that look like constants and are part of none.

    Args:
        question: the question.
        tokens: its tokens.
        constants: the constants found in it.
        headers: words of the table's headers, in lower case, which are no constants.
    """
    named = list(_names(question, tokens, constants))
    inside = {place for places, _ in named for place in places}
    used = {place for constant in constants for place in range(constant.start, constant.end)}
    found = [name for _, name in named]
    found += [
        token.text
        for place, token in enumerate(tokens)
        if place not in used | inside and any(char.isdigit() for char in token.text)
    ]
    return tuple(word for word in dict.fromkeys(found) if word.lower() not in headers)


def _names(
    question: str, tokens: Sequence[Token], constants: Sequence[Constant]
) -> Iterator[tuple[list[int], str]]:
    """Names and codes of which no constant has all tokens, with the places of these."""
    words = question.split()
    if 2 * sum(word[:1].isupper() for word in words) > len(words):
        return  # A title, in which capitals say nothing.
    for match in _NAME.finditer(question):
        places = [
            place
            for place, token in enumerate(tokens)
            if match.start() <= token.start and token.end <= match.end()
        ]
        whole = places and any(c.start <= places[0] and places[-1] < c.end for c in constants)
        if not whole and match.group().lower() not in _NO_NAMES:
            yield places, match.group()
