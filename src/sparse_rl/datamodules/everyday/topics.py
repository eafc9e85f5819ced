"""Topics of everyday tables, read from the files `topics*.yaml`.

Marks of the wordings: `<np>` stands for the rows, `<e>` for their noun, `<h>` for the noun of the
column, `<v>` for a value, `<cmp>` for a comparison before a value ("more than"), `<noun>` for
comparison and value after a noun ("above 5"), `<when>` for a comparison of dates ("after 2020"),
`<d>` for a date. Columns of yes and no (`flag`) are said by their header: "flag" is a property
("is vegetarian"), "flag noun" a thing ("has a garden"). "is|are" is for one row and for several;
elsewhere a bar separates wordings.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

CellKind = Literal["text", "number", "year", "date"]
Pair = tuple[tuple[str, ...], tuple[str, ...]]
# The loader in C takes a tenth of the time; PyYAML has it where libyaml is.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KINDS: dict[str, CellKind] = {
    "count": "number",
    "measure": "number",
    "money": "number",
    "year": "year",
    "date": "date",
    "rank": "number",
    "serial": "number",
}


@dataclass(frozen=True)
class TopicColumn:
    """A column of a topic.

    Attributes:
        headers: names that a table may give it, and synonyms in questions.
        cells: what its cells are, for `cells.draw`.
        asks: questions for it, with `<np>`.
        where: predicates that state a condition on it.
        of: modifiers that do, after the noun of the rows.
        adjectives: of its greatest and of its least value, before the header.
        row: of the row with that value, before the noun of the rows.
        does: predicates of that row.
        subject: verbs of which its values are the subject: "how many flights did X operate".
        names: whether its values are nouns of the rows: "developers", "flats".
        adjective: whether its values stand before the noun of the rows: "delayed flights".
        measure: verb of which it is the measure: "earn"; or "be" and an adjective.
        measured: whether its values name what another column has measured: "glucose" of tests.
    """

    headers: tuple[str, ...]
    cells: str
    asks: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    adjectives: Pair = ((), ())
    row: Pair = ((), ())
    does: Pair = ((), ())
    subject: tuple[str, ...] = ()
    names: bool = False
    adjective: bool = False
    measure: str = ""
    measured: bool = False

    @property
    def is_flag(self) -> bool:
        """Whether its cells say yes or no."""
        return self.cells.startswith("flag")

    @property
    def kind(self) -> CellKind:
        """What its cells can be compared as."""
        return _KINDS.get(self.cells.split()[0], "text")


@dataclass(frozen=True)
class EverydayTopic:
    """What the rows of a table are.

    Attributes:
        nouns: nouns of a row.
        key: the column that names the rows; None if none does.
        columns: the other columns.
        person: whether rows are persons.
    """

    nouns: tuple[str, ...]
    key: TopicColumn | None
    columns: tuple[TopicColumn, ...]
    person: bool


@lru_cache
def topics() -> tuple[EverydayTopic, ...]:
    """Reads the topics."""
    files = sorted(Path(__file__).parent.glob("topics*.yaml"))
    texts = [path.read_text(encoding="utf-8") for path in files]
    return tuple(_topic(entry) for text in texts for entry in yaml.load(text, _LOADER))


def _topic(entry: dict[str, Any]) -> EverydayTopic:
    key = entry["key"]
    columns = tuple(_column(column) for column in entry["columns"])
    person = bool(key) and key.get("asks") == "who"
    return EverydayTopic(
        tuple(entry["rows"]),
        TopicColumn(tuple(map(str, key["headers"])), key["cells"]) if key else None,
        columns,
        person,
    )


def _column(entry: dict[str, Any]) -> TopicColumn:
    return TopicColumn(
        tuple(map(str, entry["headers"])),
        entry["cells"],
        _split(entry.get("asks", "")),
        tuple(entry.get("where", ())),
        tuple(entry.get("of", ())),
        _pair(entry, "adjectives"),
        _pair(entry, "row"),
        _pair(entry, "does"),
        tuple(entry.get("subject", ())),
        entry.get("names", False),
        entry.get("adjective", False),
        entry.get("measure", ""),
        entry.get("measured", False),
    )


def _pair(entry: dict[str, Any], name: str) -> Pair:
    greatest, least = entry.get(name, ("", ""))
    return _split(greatest), _split(least)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()
