"""Tokens, normal form of text, and numbers that a text mentions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

S = TypeVar("S", bound=Hashable)
T = TypeVar("T")

_TOKEN = re.compile(r"\d+\.\d+|[^\W_]+|[^\w\s]|_")
_WORD = re.compile(r"\d+\.\d+|[^\W_]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NUMERAL = re.compile(
    r"(?<![\w.])(?P<sign>(?<!\S)[-+])?"
    r"(?P<digits>\d+(?:\.\d+)?)(?:st|nd|rd|th)?(?![^\W\d_])"
)
_UNITS = str.split(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_ORDINALS = str.split(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_TENS = str.split("twenty thirty forty fifty sixty seventy eighty ninety")
_NUMBER_WORDS = {
    **{word: float(value) for value, word in enumerate(_UNITS)},
    **{word: float(value) for value, word in enumerate(_ORDINALS)},
    **{word: 10.0 * value for value, word in enumerate(_TENS, start=2)},
}
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9}

STOP_WORDS = frozenset(
    str.split(
        "a an the of in on at to for from by with and or is are was were be been do does did "
        "has have had what which who whom whose where when why how many much that this these "
        "those it its as than there their his her he she they all any name tell me give s"
    )
)

_ENDINGS = (
    ("s", 3), ("i", 6), ("ance", 4), ("ment", 3), ("ion", 5), ("ing", 3), ("est", 4), ("ed", 3),
    ("er", 4), ("or", 4), ("e", 3),
)  # fmt: skip
"""Endings of English words, with the letters that must be left without them."""
_VOWELS = frozenset("aeiouy")
_IRREGULAR = {
    form: word
    for word, forms in {
        "begin": "began begun", "buy": "bought", "catch": "caught", "child": "children",
        "deep": "depth", "drive": "drove driven", "fly": "flew flown", "foot": "feet",
        "give": "gave given", "grow": "grew grown", "heavi": "weight weigh", "hold": "held",
        "keep": "kept", "lead": "led", "leave": "left", "lend": "lent", "long": "length",
        "lose": "lost", "make": "made", "man": "men", "pay": "paid", "person": "people",
        "sell": "sold", "send": "sent", "sing": "sang sung", "speak": "spoke spoken",
        "spend": "spent", "take": "took taken", "teach": "taught", "wide": "width",
        "win": "won", "woman": "women", "write": "wrote written", "old": "oldest older",
        "new": "newest newer", "build": "built", "owe": "owed", "use": "used", "age": "aged",
    }.items()
    for form in forms.split()
}  # fmt: skip
"""Forms that no ending tells."""
_SHORT = dict(
    pair.split("=")
    for pair in str.split(
        "qty=quantity amt=amount wt=weight ht=height avg=average temp=temperature max=maximum "
        "min=minimum dept=department hrs=hour hr=hour mins=minute yrs=year yr=year pcs=piece "
        "mag=magnitude vol=volume dist=distance alt=altitude tel=telephone addr=address "
        "est=estimate cond=condition rec=recommend freq=frequency approx=approximate cat=category "
        "desc=description ref=reference dob=birth pop=population pos=position pts=point "
        "nos=number nr=number pax=passenger acct=account mfr=manufacturer mgr=manager lvl=level "
        "vis=visibility dia=diameter len=length prod=product loc=location mo=month wk=week "
        "wks=week svc=service insp=inspection maint=maintenance diff=difference qual=quality "
        "pct=percent perc=percent"
    )
)
"""Usual abbreviations, of headers above all."""


@dataclass(frozen=True)
class Token:
    """Token of lower-cased text and its character span in the text that was split."""

    text: str
    start: int
    end: int
    is_word: bool


def fold(text: str) -> str:
    """Folds case, diacritics and thousands separators: "Göschen 1,200" to "goschen 1200"."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _THOUSANDS.sub("", text.lower())


def tokenize(text: str) -> list[Token]:
    """Splits the folded text into words and punctuation marks, with their spans."""
    found = _TOKEN.finditer(fold(text))
    return [Token(m.group(), m.start(), m.end(), m.group()[0].isalnum()) for m in found]


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """Returns what forms of a word and words made of it share, mostly not a word itself.

    It is for comparing words only; a few different words are equal by it ("station", "states").

    >>> [stem(word) for word in ("hive", "hives", "shelf", "shelves", "city", "cities")]
    ['hif', 'hif', 'shelf', 'shelf', 'citi', 'citi']
    >>> {stem(word) for word in ("inspect", "inspected", "inspection", "inspectors")}
    {'inspect'}
    >>> [stem(word) for word in ("paid", "payment", "deeper", "depth")]
    ['pay', 'pay', 'deep', 'deep']
    """
    word = _SHORT.get(word, word)
    word = _IRREGULAR.get(word, word)
    before = ""
    while word != before:
        before, word = word, _shortened(word)
        word = _IRREGULAR.get(word, word)
    if word.endswith("v"):
        word = f"{word[:-1]}f"
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def _shortened(word: str) -> str:
    """Removes the first ending of the list after which enough is left; the word, if none is."""
    if word.endswith("y") and len(word) > 3:
        return f"{word[:-1]}i"
    for ending, least in _ENDINGS:
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= least and not _VOWELS.isdisjoint(rest):
            return rest if not word.endswith(("ss", "us", "is")) or ending != "s" else word
    return word


@lru_cache(maxsize=1 << 18)
def normalise(text: str) -> str:
    """Joins the words of the folded text by single blanks, without punctuation and hyphens.

    >>> normalise("Karel  Hromádka (1935-96)")
    'karel hromadka 1935 96'
    """
    return " ".join(_WORD.findall(fold(text)))


def each_distinct(read: Callable[[S], T], cells: Sequence[S]) -> list[T]:
    """Reads every cell, equal ones once: long columns repeat theirs, and so share the values.

    >>> each_distinct(len, ["oslo", "bergen", "oslo"])
    [4, 6, 4]
    """
    values = {cell: read(cell) for cell in dict.fromkeys(cells)}
    return [values[cell] for cell in cells]


@dataclass(frozen=True)
class Numeral:
    """Number and the tokens [start, end) that mention it."""

    value: float
    start: int
    end: int


def numerals(text: str, tokens: list[Token]) -> list[Numeral]:
    """Finds numbers in digits or words, with ordinals and scales, in order of appearance.

    >>> text = "the first of 12,467 with 1.5 million and twenty one"
    >>> [n.value for n in numerals(text, tokenize(text))]
    [1.0, 12467.0, 1.5, 1500000.0, 21.0]
    """
    folded = fold(text)
    found: dict[int, Numeral] = {}
    at_char = {token.start: index for index, token in enumerate(tokens)}
    end_char = {token.end: index + 1 for index, token in enumerate(tokens)}
    for match in _NUMERAL.finditer(folded):
        start, end = at_char.get(match.start()), end_char.get(match.end())
        if start is None or end is None:
            continue
        value = float(match["digits"])
        found[start] = Numeral(-value if match["sign"] == "-" else value, start, end)
    for index, token in enumerate(tokens):
        if token.text in _NUMBER_WORDS:
            found[index] = Numeral(_NUMBER_WORDS[token.text], index, index + 1)
    return _scaled(found, tokens)


def _scaled(found: dict[int, Numeral], tokens: list[Token]) -> list[Numeral]:
    """Joins "twenty" and "one"; "1.5 million" is 1.5 too, as in a column of millions."""
    result: list[Numeral] = []
    for start in sorted(found):
        numeral = found[start]
        if result and start < result[-1].end:
            continue
        hyphen = numeral.end < len(tokens) and tokens[numeral.end].text == "-"
        unit = found.get(numeral.end + hyphen)
        if tokens[start].text in _TENS and unit is not None and 0 < unit.value < 10:
            numeral = Numeral(numeral.value + unit.value, start, unit.end)
        if numeral.end < len(tokens) and tokens[numeral.end].text in _SCALES:
            result.append(numeral)
            scale = _SCALES[tokens[numeral.end].text]
            numeral = Numeral(numeral.value * scale, start, numeral.end + 1)
        result.append(numeral)
    return result
