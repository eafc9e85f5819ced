"""Wordings: how texts are split into words, and which cells a text names.

`WORDS` is the benchmarks' wording: letters and digits alone, and a cell is named by any of its
words. `CELLS` is that of people's own tables: marks that tell cells apart stay (A, A-, A+; C, C++,
C#), scripts without blanks have a word per character, and a whole cell wins over its parts.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import regex as re

from sparse_rl.interpreters.tables import text as words
from sparse_rl.interpreters.tables.text import Token

T = TypeVar("T")


@dataclass(frozen=True)
class Wording:
    """A way to split and compare texts.

    Attributes:
        name: name in caches.
        tokenize: splits a text into words and marks.
        normalise: joins the words of a text by single blanks.
        cell_first: whether a text that is a whole cell names this cell alone.
    """

    name: str
    tokenize: Callable[[str], list[Token]]
    normalise: Callable[[str], str]
    cell_first: bool


# Scripts that separate words by no blanks, and the mark of a long vowel in kana.
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
_LETTER = r"[\p{L}\p{N}\p{M}]"
_TOKEN = re.compile(
    rf"""
    (?<word>
        {_UNSPACED}\p{{M}}*
      | (?<![^\s(\["'\u201c\u2018])[-+\#.](?=\p{{N}})\p{{N}}+(?:[.,]\p{{N}}+)*(?!{_LETTER})
      | \p{{N}}+(?:[.,]\p{{N}}+)+(?!{_LETTER})
      | (?:(?<![^\s(\["'\u201c\u2018])[\#@.](?=\p{{L}}))?
        (?:(?!{_UNSPACED})[\p{{L}}\p{{N}}]\p{{M}}*)+
        (?:(?<=(?<!{_LETTER}){_LETTER}{{1,2}})[-+*\#]+(?!{_LETTER})|[+\#]+(?!{_LETTER}))?
    )
    | [^\w\s] | _
    """,
    re.VERBOSE,
)
_DASHES = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\uff0d", "-") | {"\uff0b": "+"}
)
# Marks that are part of a Latin, Greek or Cyrillic letter; those of other scripts are letters.
_ACCENTS = re.compile(r"(?<=[\p{Latin}\p{Greek}\p{Cyrillic}][\u0300-\u036f]*)[\u0300-\u036f]")
_ITEM = re.compile(r"\s*(?:,\s|;|\||\n|\s/\s)\s*")
_DECIMAL = re.compile(r"\d+\.\d+", re.ASCII)
_HYPHENATED = re.compile(r"[a-z0-9]+(?:[- ][a-z0-9]+)*", re.ASCII | re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


def exact(text: str) -> str:
    """The original cell: composed characters, without outer and doubled blanks."""
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    return " ".join(composed.split())


def folded(text: str) -> str:
    """The cell in lower case; accents and punctuation stay.

    >>> folded("Peña  (A−)"), folded("Pena")
    ('peña (a-)', 'pena')
    """
    return _folded(exact(text))


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_DASHES).lower()


@lru_cache(maxsize=1 << 14)
def plain(text: str) -> str:
    """A word in lower case, without accents and thousands separators."""
    text = text.translate(_DASHES).lower()
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
        text = unicodedata.normalize("NFKC", text)
    return str(_THOUSANDS.sub("", text))


def tokenize(text: str) -> list[Token]:
    """Splits a text into words and marks, with their spans in the text itself.

    >>> [token.text for token in tokenize("Grade A-, C++ or 北京?")]
    ['grade', 'a-', ',', 'c++', 'or', '北', '京', '?']
    """
    return [
        Token(plain(match.group()), match.start(), match.end(), match["word"] is not None)
        for match in _TOKEN.finditer(text.translate(_DASHES))
    ]


@lru_cache(maxsize=1 << 18)
def normalise(text: str) -> str:
    """Joins the words of a text by single blanks.

    >>> normalise("Karel  Hromádka (O-)"), normalise("हिन्दी")
    ('karel hromadka o-', 'हिन्दी')
    """
    if text.isascii() and text.replace(" ", "").isalnum():
        # Words and blanks alone: most cells of a long table.
        return " ".join(text.lower().split())
    if _DECIMAL.fullmatch(text):
        return text
    if _HYPHENATED.fullmatch(text):
        return text.lower().replace("-", " ")
    return " ".join(token.text for token in tokenize(text) if token.is_word)


WORDS = Wording("words", words.tokenize, words.normalise, cell_first=False)
CELLS = Wording("cells", tokenize, normalise, cell_first=True)
WORDINGS = {wording.name: wording for wording in (WORDS, CELLS)}


class CellNames:
    """Names of a column's cells, from the most exact to single words.

    In a column of lists ("Drama", "Drama, Comedy") an item names its cell as a whole cell would.

    Args:
        cells: cells of the column; None is empty.

    Attributes:
        spellings: original cells by their words.
    """

    def __init__(self, cells: Sequence[Any]) -> None:
        self._cells = cells
        counts = Counter(cells)
        del counts[None]
        names = [_names(str(cell)) for cell in counts]
        self._keys = {cell: f" {name[2]} " for cell, name in zip(counts, names, strict=True)}
        self.spellings = _grouped([name[2] for name in names], [name[0] for name in names])
        named = list(counts)
        for cell, items in _lists(counts).items():
            names += map(_names, items)
            named += [cell] * len(items)
        self._levels = [_grouped([name[place] for name in names], named) for place in range(3)]

    def named(self, text: str) -> int:
        """Mask of the rows that a text names: the same cell, else a cell with its words."""
        for level, name in zip(self._levels, _names(text), strict=True):
            if name and name in level:
                return self._mask(level[name])
        padded = f" {normalise(text)} "
        if not padded.strip():
            return 0
        return self._mask([cell for cell, key in self._keys.items() if padded in key])

    def _mask(self, named: Sequence[Any]) -> int:
        chosen = frozenset(named)
        bits = b"".join(b"1" if cell in chosen else b"0" for cell in self._cells)
        return int(bits[::-1] or b"0", 2)


def _grouped(names: Sequence[str], values: Sequence[T]) -> dict[str, list[T]]:
    """Values by their names, in order."""
    found: dict[str, list[T]] = {}
    for name, value in zip(names, values, strict=True):
        # Most names are of one value; a list for each is made only here.
        if name in found:
            found[name].append(value)
        else:
            found[name] = [value]
    return found


def _lists(cells: Mapping[Any, int]) -> dict[Any, list[str]]:
    """Items of the cells that are lists; none unless half of the items recur.

    Args:
        cells: number of rows of every cell.
    """
    lists = {cell: items for cell in cells if len(items := _ITEM.split(str(cell).strip())) > 1}
    if sum(cells[cell] for cell in lists) < 2:
        return {}
    counts: Counter[str] = Counter()
    for cell, number in cells.items():
        for name in {folded(item) for item in lists.get(cell, (str(cell),))}:
            counts[name] += number
    distinct = {folded(item) for items in lists.values() for item in items}
    recurring = sum(counts[item] > 1 for item in distinct)
    return lists if 2 * recurring >= len(distinct) else {}


def _names(text: str) -> tuple[str, str, str]:
    return (cell := exact(text)), _folded(cell), normalise(text)
