"""Random tables and queries on them: the content of the quickstart data."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sparse_rl.datamodules.quickstart.domains import DOMAINS, Column, NumberColumn, Topic

GeneratedCell = str | int | float
Row = tuple[GeneratedCell, ...]

AGGREGATES = {"hop": 0, "maximum": 1, "minimum": 2, "count": 3, "sum": 4, "average": 5}
EQUAL, GREATER, LESS = range(3)


class Names:
    """Invented words, each drawn once; none is a word of the vocabulary."""

    _ONSETS = "b br c d dr f fl g gr h j k kr l m n p pr qu r s sk st t th tr v w z"
    _VOWELS = "a a e e i i o o u ai ea ou"
    _CODAS = ("", "", "l", "n", "r", "s", "m", "x", "nd", "rt", "ck")

    def __init__(self) -> None:
        self._used = set(re.findall(r"\w+", repr(DOMAINS).lower()))

    def word(self, rng: random.Random) -> str:
        """Draws a capitalised word of two or three syllables."""
        while True:
            syllables = [
                rng.choice(self._ONSETS.split()) + rng.choice(self._VOWELS.split())
                for _ in range(rng.choice((2, 2, 3)))
            ]
            word = "".join(syllables) + rng.choice(self._CODAS)
            if len(word) > 4 and word not in self._used:
                self._used.add(word)
                return word.capitalize()

    def fill(self, rng: random.Random, form: str) -> str:
        """Fills every `{}` of a form with an invented word."""
        return re.sub(r"\{\}", lambda _: self.word(rng), form)


@dataclass(frozen=True)
class Condition:
    """`column relation value`; text is only compared for equality."""

    column: int
    relation: int
    value: GeneratedCell

    def holds(self, row: Row) -> bool:
        cell, value = row[self.column], self.value
        if self.relation == EQUAL or isinstance(cell, str) or isinstance(value, str):
            return cell == value
        return cell > value if self.relation == GREATER else cell < value


@dataclass(frozen=True)
class GeneratedQuery:
    """`SELECT function(select) WHERE conditions`."""

    function: str
    select: int
    conditions: tuple[Condition, ...]

    def record(self) -> dict[str, Any]:
        """The field `sql` of a question."""
        conditions = [[c.column, c.relation, c.value] for c in self.conditions]
        return {"sel": self.select, "agg": AGGREGATES[self.function], "conds": conditions}


@dataclass(frozen=True)
class GeneratedTable:
    """A table with the kinds of its columns.

    Attributes:
        id: unique over all splits.
        domain: kind of its rows.
        columns: the domain's columns in the table's order, names included.
        header: one of the headers of every column.
        key: index of the column of names.
        rows: cells row by row.
    """

    id: str
    domain: Topic
    columns: tuple[Column, ...]
    header: tuple[str, ...]
    key: int
    rows: tuple[Row, ...]

    def record(self) -> dict[str, Any]:
        """The line of `{split}.tables.jsonl`."""
        types = ["real" if isinstance(column, NumberColumn) else "text" for column in self.columns]
        return {"id": self.id, "header": self.header, "types": types, "rows": self.rows}

    def texts(self) -> list[int]:
        """Text columns."""
        return [c for c, column in enumerate(self.columns) if not isinstance(column, NumberColumn)]

    def numbers(self, years: bool = True) -> list[int]:
        """Number columns, with the years or without."""
        return [
            index
            for index, column in enumerate(self.columns)
            if isinstance(column, NumberColumn) and (years or column.kind != "year")
        ]

    def matching(self, conditions: Iterable[Condition]) -> list[Row]:
        """Rows that fulfil all conditions."""
        conditions = tuple(conditions)
        return [row for row in self.rows if all(c.holds(row) for c in conditions)]

    def part(self, value: str) -> str | None:
        """The cell's last word, if no other cell has it and it is not the whole cell."""
        words = value.split()
        others = {str(cell) for row in self.rows for cell in row} - {value}
        elsewhere = {word for other in others for word in other.split()}
        parts = [word for word in words if word not in elsewhere and len(word) > 3]
        return parts[-1] if parts and len(words) > 1 else None


def draw_table(rng: random.Random, names: Names, name: str) -> GeneratedTable:
    """Draws a table of a random domain, with most of the domain's columns and 6 to 16 rows."""
    domain = rng.choice(DOMAINS)
    most = len(domain.columns)
    columns: list[Column] = rng.sample(domain.columns, rng.randint(most - 2, most))
    key = 0 if rng.random() < 0.8 else rng.randint(0, len(columns))
    columns.insert(key, domain.key)
    size = rng.randint(6, 16)
    cells = [_cells(rng, names, column, size) for column in columns]
    return GeneratedTable(
        id=f"{name}-{domain.name}",
        domain=domain,
        columns=tuple(columns),
        header=tuple(rng.choice(column.headers) for column in columns),
        key=key,
        rows=tuple(zip(*cells, strict=True)),
    )


def _cells(rng: random.Random, names: Names, column: Column, size: int) -> list[GeneratedCell]:
    if isinstance(column, NumberColumn):
        last = int((column.high - column.low) / column.step)
        numbers = (column.low + column.step * rng.randint(0, last) for _ in range(size))
        return [round(number, 1) for number in numbers]
    if column.groups is None:
        return [names.fill(rng, rng.choice(column.forms)) for _ in range(size)]
    count = rng.randint(*column.groups)
    if "{}" in column.forms[0]:
        pool = [names.fill(rng, rng.choice(column.forms)) for _ in range(count)]
    else:
        pool = rng.sample(column.forms, min(count, len(column.forms)))
    return [rng.choice(pool) for _ in range(size)]


def draw_query(
    rng: random.Random, table: GeneratedTable, function: str, size: int
) -> GeneratedQuery | None:
    """Draws a query with `size` conditions that all matter; None if this draw failed."""
    columns = range(len(table.columns))
    if function == "count":
        select = table.key
    elif function == "hop":
        select = rng.choice(columns)
    else:
        # Years are not added up.
        choices = table.numbers(years=function in ("maximum", "minimum"))
        if not choices:
            return None
        select = rng.choice(choices)
    target = rng.choice(table.rows)
    others = [column for column in columns if column not in (select, table.key)]
    conditions = tuple(_condition(rng, table, c, target) for c in rng.sample(others, size))
    if function == "hop" and size == 1 and select != table.key and rng.random() < 0.5:
        conditions = (Condition(table.key, EQUAL, target[table.key]),)
    query = GeneratedQuery(function, select, conditions)
    return query if _is_telling(table, query) else None


def _condition(rng: random.Random, table: GeneratedTable, column: int, target: Row) -> Condition:
    """Draws a condition; the row `target` fulfils it unless the drawn bound excludes the row."""
    cell, kind = target[column], table.columns[column]
    relation = rng.choice((EQUAL, GREATER, LESS))
    if isinstance(cell, str) or not isinstance(kind, NumberColumn) or relation == EQUAL:
        return Condition(column, EQUAL, cell)
    # A number of the table or one near it: not every number of a question stands in a cell.
    bound = float(rng.choice([row[column] for row in table.rows]))
    bound = round(bound + rng.choice((0, 0, 1, -1)) * kind.step, 1)
    return Condition(column, relation, bound if isinstance(cell, float) else int(bound))


def _is_telling(table: GeneratedTable, query: GeneratedQuery) -> bool:
    """Whether there is an answer, every condition drops a row, and the function matters."""
    rows = table.matching(query.conditions)
    if not rows:
        return False
    for condition in query.conditions:
        rest = [other for other in query.conditions if other is not condition]
        if len(table.matching(rest)) == len(rows):
            return False
    # Of a single value, maximum, minimum, sum and average are the same.
    several = len({row[query.select] for row in rows}) > 1
    return several or query.function in ("hop", "count")
