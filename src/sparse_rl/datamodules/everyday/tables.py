"""Everyday tables: a topic, its columns under some of their headers, and rows."""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sparse_rl.datamodules.everyday.cells import DrawnColumn, draw
from sparse_rl.datamodules.everyday.english import ABBREVIATIONS
from sparse_rl.datamodules.everyday.gaps import leave_gaps
from sparse_rl.datamodules.everyday.topics import EverydayTopic, TopicColumn, topics


@dataclass(frozen=True)
class EverydayTable:
    """A table as generated.

    Attributes:
        name: name of its file.
        topic: what its rows are.
        columns: its columns in the table's order.
        header: the name of each, as people say it.
        written: the name of each in the file, perhaps shortened.
        cells: the cells of each.
        key: column that names the rows; None if none does.
    """

    name: str
    topic: EverydayTopic
    columns: tuple[TopicColumn, ...]
    header: tuple[str, ...]
    written: tuple[str, ...]
    cells: tuple[DrawnColumn, ...]
    key: int | None

    def csv(self) -> str:
        """The table as the text of a file."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(self.written)
        writer.writerows(zip(*(cells.texts for cells in self.cells), strict=True))
        return file.getvalue()

    @property
    def size(self) -> int:
        return len(self.cells[0].texts)


LEAST_ROWS = 6
_NUMBERED = 0.35
"""Share of the tables whose rows have codes that number them instead."""
_SHORTENED = 0.35
"""Share of the tables in whose files long words of headers are shortened."""
_LISTED = 0.3
"""Share of the tables whose rows have names, and codes before them."""
_INITIALS = 0.4
"""Share of the headers of two words that are shortened to their first letters."""
_LONGEST_SHORT = 5
_NAMED_BY_ITS_BEGINNING = 4
"""Letters that the headers of columns of yes and no keep, by which questions name them."""
_LISTS = ("ID", "Ref", "Ref.", "Code", "No.", "Nr", "Reg.", "Entry", "Record", "Item no.", "Key")
_SAME_NAMES = 0.8
"""Share of the pairs of columns that have the same names, so that only words tell them apart."""


def draw_table(rng: random.Random, name: str) -> EverydayTable:
    """Draws a table of a random topic, with most of the topic's columns and 6 to 20 rows."""
    while True:
        table = _draw(rng, name)
        if table.size >= LEAST_ROWS:
            return table


def _draw(rng: random.Random, name: str) -> EverydayTable:
    topic = rng.choice(topics())
    most = len(topic.columns)
    chosen = sorted(rng.sample(range(most), rng.randint(max(3, most - 2), most)))
    if rng.random() < 0.3:
        rng.shuffle(chosen)
    columns = [topic.columns[place] for place in chosen]
    key = None
    size = rng.randint(LEAST_ROWS, 20)
    if topic.key is not None:
        key = 0 if rng.random() < 0.85 else rng.randint(0, len(columns))
        named = topic.key
        if named.cells in ("code", "short code") and rng.random() < _NUMBERED:
            named = TopicColumn((*named.headers, "No.", "#", "Nr."), "serial")
        columns.insert(key, named)
        if not _is_code(named) and rng.random() < _LISTED:
            columns.insert(0, TopicColumn(_LISTS, "code"))
            key += 1
    cells = [draw(rng, column, size, place == key) for place, column in enumerate(columns)]
    size = min(len(column.texts) for column in cells)
    for one, other in pairs(columns):
        if key not in (one, other) and rng.random() < _SAME_NAMES:
            cells[other] = _from_the_same(rng, cells[one], len(cells[other].texts))
    cells = [DrawnColumn(drawn.values[:size], drawn.texts[:size]) for drawn in cells]
    rest = [place for place in range(len(columns)) if place != key]
    gaps = leave_gaps(rng, [columns[c] for c in rest], [cells[c] for c in rest])
    for place, drawn in zip(rest, gaps, strict=True):
        cells[place] = drawn
    style = rng.choice((str, str, str, str.lower, str.upper, _snake))
    header = _different(rng, columns)
    shortens = rng.random() < _SHORTENED
    written = [
        _shorter(rng, text, _NAMED_BY_ITS_BEGINNING if column.is_flag else 3)
        if shortens and rng.random() < (0.9 if column.is_flag else 0.6)
        else text
        for text, column in zip(header, columns, strict=True)
    ]
    return EverydayTable(
        name,
        topic,
        tuple(columns),
        tuple(style(text) for text in header),
        tuple(style(text) for text in (written if len(set(written)) == len(header) else header)),
        tuple(cells),
        key,
    )


def _is_code(column: TopicColumn) -> bool:
    return "code" in column.cells or column.cells == "serial"


def pairs(columns: Sequence[TopicColumn]) -> list[tuple[int, int]]:
    """Columns of the same kind of names or words, such as where rows come from and go to."""
    texts = [place for place, column in enumerate(columns) if column.kind == "text"]
    kinds = {place: columns[place].cells.removesuffix(" repeat") for place in texts}
    return [
        (one, other)
        for place, one in enumerate(texts)
        for other in texts[place + 1 :]
        if kinds[one] == kinds[other] and not columns[one].is_flag
    ]


def _from_the_same(rng: random.Random, column: DrawnColumn, size: int) -> DrawnColumn:
    """A column with the names of another one, other ones in each row if there are several."""
    pool = list(dict.fromkeys(column.texts))
    cells = []
    for place in range(size):
        others = [text for text in pool if text not in column.texts[place : place + 1]]
        cells.append(rng.choice(others or pool))
    return DrawnColumn(tuple(cells), tuple(cells))


def _different(rng: random.Random, columns: list[TopicColumn]) -> list[str]:
    """A header of every column, no two alike."""
    found: list[str] = []
    for column in columns:
        free = [text for text in column.headers if text not in found]
        found.append(rng.choice(free or list(column.headers)))
    return found


def _shorter(rng: random.Random, header: str, least: int) -> str:
    """A header with one long word shortened, "Cond.", "Ht (ft)", "Cust", "Mngr"; or initials.

    Args:
        rng: source of the draws.
        header: the header.
        least: fewest letters that are left of a word; from 4 on, it is cut only.
    """
    known = [word for word in header.split() if word.lower() in ABBREVIATIONS]
    if known:
        return header.replace(known[0], ABBREVIATIONS[known[0].lower()].capitalize(), 1)
    by_initials = least < _NAMED_BY_ITS_BEGINNING and rng.random() < _INITIALS
    if by_initials and re.fullmatch(r"[A-Z][a-z]{2,} [A-Za-z]{3,}", header):
        return "".join(word[0] for word in header.split()).upper()
    long = re.search(r"[A-Za-z]{7,}|^[A-Za-z]{6}$", header)
    if long is None or rng.random() < 0.3:
        return header
    word = long[0]
    short = word[: rng.randint(least, least + 2)]
    if least < _NAMED_BY_ITS_BEGINNING:
        short = rng.choice((f"{word[: rng.randint(least, least + 1)]}.", short, _consonants(word)))
    return f"{header[: long.start()]}{short}{header[long.end() :]}"


def _consonants(word: str) -> str:
    """A word without most of its vowels: "Mngr" of "Manager"; its beginning if that is long."""
    kept = word[0] + re.sub(r"[aeiou]|(.)(?=\1)", "", word[1:-1]) + word[-1]
    return kept if len(kept) <= _LONGEST_SHORT else word[:4]


def _snake(text: str) -> str:
    return re.sub(r"\W+", "_", text.lower()).strip("_")
