"""Words of headers in other forms: "Heli" in "by helicopter", "Paid" in "unpaid"."""

from __future__ import annotations

from collections.abc import Sequence

from sparse_rl.interpreters.tables.text import STOP_WORDS, Token, stem, tokenize

_LEAST_BEGINNING = 4
"""Letters of a word that may stand for a longer one."""
_LEAST_OPPOSED = 3
_BEFORE, _AFTER = ("un", "non"), ("free", "less")
"""What makes a word's opposite of it."""


def content(header: str) -> list[str]:
    """Stems of a header's words, without "is" and "has".

    >>> content("Has a garden?")
    ['garden']
    """
    words = [token.text for token in tokenize(header) if token.is_word]
    return [stem(word) for word in words if word not in STOP_WORDS]


def names(word: str, named: str) -> bool:
    """Whether a word is a form, an abbreviation, a longer form or the opposite of another.

    >>> [names(word, stem("paid")) for word in ("pays", "unpaid", "painted")]
    [True, True, False]
    >>> names("helicopter", stem("heli")), names("paid", stem("unpaid"))
    (True, True)

    Args:
        word: word of a question.
        named: stem of a header's word.
    """
    roots = (named, *map(stem, opposed(named)))
    forms = [stem(form) for form in (word, *opposed(word))]
    return any(_alike(form, root) for form in forms for root in roots)


def opposed(word: str) -> list[str]:
    """Words that a word may be the opposite of.

    >>> opposed("unpaid"), opposed("toothless"), opposed("red")
    (['paid'], ['tooth'], [])
    """
    found = [word.removeprefix(part) for part in _BEFORE if word.startswith(part)]
    found += [word.removesuffix(part) for part in _AFTER if word.endswith(part)]
    return [form for form in found if len(form) >= _LEAST_OPPOSED]


def place_of(stems: Sequence[str], words: Sequence[tuple[int, Token]]) -> tuple[int, int] | None:
    """The first span of tokens whose words are those of a header in any form; None without one.

    Args:
        stems: what `content` makes of the header.
        words: words of the question, with their tokens' places.
    """
    for first in range(len(words) - len(stems) + 1):
        span = words[first : first + len(stems)]
        if all(names(token.text, root) for (_, token), root in zip(span, stems, strict=True)):
            return span[0][0], span[-1][0] + 1
    return None


def _alike(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return one == other or (len(shorter) >= _LEAST_BEGINNING and longer.startswith(shorter))
