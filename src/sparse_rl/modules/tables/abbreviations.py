"""Words that a header may abbreviate: "Qty" is "quantity", "Op" "operator", "GM" "game master"."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sparse_rl.interpreters.tables.text import STOP_WORDS

LONGEST = 5
"""Letters of an abbreviation."""
_VOWELS = frozenset("aeiou")


def abbreviated(headers: Collection[str], tokens: Sequence[str]) -> set[int]:
    """Returns the places of the tokens that words of a header may stand for.

    >>> sorted(abbreviated(["qty", "gm"], ["what", "quantity", "had", "the", "game", "master"]))
    [1, 4, 5]

    Args:
        headers: words of a header, in lower case.
        tokens: the question's tokens, in lower case.
    """
    places: set[int] = set()
    for short in headers:
        if short.isalpha() and 2 <= len(short) <= LONGEST and short not in tokens:
            places.update(
                place
                for place, token in enumerate(tokens)
                if token not in STOP_WORDS and is_short_for(short, token)
            )
            places.update(_initials(short, tokens))
    return places


def is_short_for(short: str, word: str) -> bool:
    """Whether a word begins with another, or keeps its first and last letter and some between.

    >>> [is_short_for(*pair) for pair in (("dept", "department"), ("btls", "bottles"))]
    [True, True]
    >>> [is_short_for(*pair) for pair in (("date", "dates"), ("cat", "certificate"))]
    [False, False]
    """
    # An ending is no abbreviation: "date" and "dates" are one word.
    if not word.isalpha() or len(word) < len(short) + 2:
        return False
    if word.startswith(short):
        return True
    last_letters = {word[-1], word.removesuffix("s")[-1]}
    vowels = sum(letter in _VOWELS for letter in short[1:])
    return (
        short[0] == word[0]
        and short[-1] in last_letters
        and vowels <= 1
        and len(short) - vowels > len(short) // 2
        and _is_within(short, word)
    )


def _is_within(letters: str, word: str) -> bool:
    """Whether the letters are in a word, in this order."""
    rest = iter(word)
    return all(letter in rest for letter in letters)


def _initials(short: str, tokens: Sequence[str]) -> set[int]:
    """Places of the words that begin with an abbreviation's letters, one after the other."""
    size = len(short)
    starts = (
        start
        for start in range(len(tokens) - size + 1)
        if all(token[0] == letter for token, letter in zip(tokens[start:], short, strict=False))
    )
    return {place for start in starts for place in range(start, start + size)}
