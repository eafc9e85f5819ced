"""Generates questions over a user's own tables: the quickstart's sentences, the user's words.

A draft to edit: the sentences are plain, and only as good as the headers. Every question comes from
a program whose answer it has, and names all constants of the program, so it can be learnt from.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sparse_rl.annotation.readers.columns import ColumnReading
from sparse_rl.datamodules.quickstart.data import SHAPES
from sparse_rl.datamodules.quickstart.domains import Column, NumberColumn, TextColumn, Topic
from sparse_rl.datamodules.quickstart.phrases import Phrasing
from sparse_rl.datamodules.quickstart.random_tables import (
    EQUAL,
    GREATER,
    LESS,
    Condition,
    GeneratedQuery,
    GeneratedTable,
    Row,
    draw_query,
)
from sparse_rl.datamodules.tables.generated import is_offered, rounded
from sparse_rl.datamodules.tables.reading import ReadTable
from sparse_rl.errors import ExecutionError
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import wikisql_language
from sparse_rl.interpreters.tables.program import (
    ALL_ROWS,
    Expression,
    Program,
    format_program,
    run_program,
)
from sparse_rl.interpreters.tables.table_world import TableWorld

LANGUAGE = wikisql_language(3)
"""Language of the programs: its functions are in every language for own tables."""
_CONDITIONS = 2
_ATTEMPTS = 60
"""Draws for one question; a table that gives no new one in so many has no more."""
_LONGEST = 40
"""Characters of a cell that a question may name."""
_FILTERS = {EQUAL: "filter_eq", GREATER: "filter_gt", LESS: "filter_lt"}


@dataclass(frozen=True)
class OwnGenerated:
    """A generated question over a user's own table.

    Attributes:
        question: its text.
        answer: the program's answer, cells as the table writes them.
        program: text of the program.
    """

    question: str
    answer: tuple[str | float, ...]
    program: str


def generate_questions(read: ReadTable, number: int, seed: int) -> list[OwnGenerated]:
    """Draws different questions over a table; fewer if it has no more.

    Args:
        read: the table, read for WikiSQL's functions.
        number: questions to draw.
        seed: seed of the draws; the table's name makes them its own.
    """
    own = _Own.of(read)
    if own is None:
        return []
    rng = random.Random(f"{seed} {read.table.name}")
    found: dict[str, OwnGenerated] = {}
    while len(found) < number:
        draws = (own.draw(rng) for _ in range(_ATTEMPTS))
        new = next((drawn for drawn in draws if drawn and drawn.question not in found), None)
        if new is None:
            break
        found[new.question] = new
    return list(found.values())


@dataclass(frozen=True)
class _Own:
    """A user's table as the quickstart's generator knows tables.

    Attributes:
        read: the table.
        known: its columns with a header and its complete rows.
        sources: the column of `read` for each of them.
        named: whether the key's cells name the rows; else the rows are called rows.
    """

    read: ReadTable
    known: GeneratedTable
    sources: tuple[int, ...]
    named: bool

    @classmethod
    def of(cls, read: ReadTable) -> _Own | None:
        """None if the table has no two columns to ask about, or no complete row."""
        headers = [" ".join(name.split()) for name in read.text.header]
        counts = Counter(name.lower() for name in headers)
        size, table = len(read.text.rows), read.table
        sources = [
            place
            for place, name in enumerate(headers)
            if re.search(r"\w", name)
            and counts[name.lower()] == 1
            and sum(cell is not None for cell in table.columns[place]) * 2 > size
        ]
        complete = [
            row
            for row in zip(*(table.columns[place] for place in sources), strict=True)
            if None not in row
        ]
        if len(sources) < 2 or not complete:
            return None
        columns = [_column(read.columns[p], table.types[p], headers[p]) for p in sources]
        key = _key(columns, complete)
        name = headers[sources[key or 0]].lower()
        noun = ("row", "rows") if key is None else (name, plural_of(name))
        known = GeneratedTable(
            id=table.name,
            domain=Topic(table.name, (noun,), (), ()),
            columns=tuple(columns),
            header=tuple(headers[place] for place in sources),
            key=key or 0,
            rows=tuple(complete),
        )
        return cls(read, known, tuple(sources), key is not None)

    def draw(self, rng: random.Random) -> OwnGenerated | None:
        """Draws a question; None if this draw failed."""
        shapes = {shape: weight for shape, weight in SHAPES.items() if shape[1] <= _CONDITIONS}
        function, size = rng.choices(list(shapes), list(shapes.values()))[0]
        if len(self.known.columns) < size + 2:
            return None
        query = draw_query(rng, self.known, function, size)
        if query is None or not self._is_askable(query):
            return None
        text = Phrasing(rng, self.known).question(query)
        example = self.read.example("generated", text)
        program = self._program(query, example)
        if program is None or not is_offered(program, TableWorld(example, LANGUAGE)):
            return None
        try:
            *steps, last = run_program(program, self.read.table, LANGUAGE)
        except ExecutionError:
            return None
        rows = steps[-1].value if steps else self.read.table.all_rows
        assert isinstance(rows, int) and isinstance(last.value, tuple)
        if (rows.bit_count() > 1) != (len(self.known.matching(query.conditions)) > 1):
            return None  # A row that is not complete makes a singular wrong.
        answer = self._written(query, rows, last.value)
        return OwnGenerated(text, answer, format_program(program))

    def _is_askable(self, query: GeneratedQuery) -> bool:
        """Whether the query asks for no name in vain, and names no long cell and no duration."""
        asks_name = query.function == "hop" and query.select == self.known.key
        if asks_name and not (self.named and query.conditions):
            return False
        if not self.named and any(c.column == self.known.key for c in query.conditions):
            return False
        for condition in query.conditions:
            numbers = isinstance(self.known.columns[condition.column], NumberColumn)
            if isinstance(condition.value, str) == numbers or len(str(condition.value)) > _LONGEST:
                return False
        return True

    def _program(self, query: GeneratedQuery, example: Example) -> Program | None:
        """Writes the query with the question's constants; None if it lacks one."""
        expressions: list[Expression] = []
        rows = ALL_ROWS
        for condition in query.conditions:
            found = self._filter(condition, example, rows)
            if found is None:
                return None
            expressions.append(found)
            rows = f"v{len(expressions) - 1}"
        selected = self.read.table.properties[self.sources[query.select]].name
        arguments = () if query.function == "count" else (selected,)
        return (*expressions, Expression(query.function, rows, arguments))

    def _filter(self, condition: Condition, example: Example, rows: str) -> Expression | None:
        """Writes a condition with a constant of the question that keeps the same rows."""
        table, source = self.read.table, self.sources[condition.column]
        property_ = table.properties[source]
        wanted = sum(
            1 << row
            for row, cell in enumerate(table.columns[source])
            if cell is not None and Condition(0, condition.relation, condition.value).holds((cell,))
        )
        for constant in example.constants:
            if table.types[source] == "text" and isinstance(constant.value, tuple):
                if table.containing(source, constant.value) == wanted:
                    return Expression("filter_in", rows, (constant.value, property_.name))
            elif table.types[source] == "real" and constant.value == condition.value:
                function = _FILTERS[condition.relation]
                return Expression(function, rows, (constant.value, property_.name))
        return None

    def _written(
        self, query: GeneratedQuery, rows: int, values: Sequence[Any]
    ) -> tuple[str | float, ...]:
        """Writes an answer as the table does, if it is of cells."""
        if query.function not in ("hop", "maximum", "minimum"):
            return tuple(rounded(value) for value in values)
        source = self.sources[query.select]
        cells = self.read.table.columns[source]
        texts = {
            cell: self.read.text.rows[row][source].strip()
            for row, cell in enumerate(cells)
            if rows >> row & 1
        }
        return tuple(dict.fromkeys(texts[value] for value in values))


def _column(reading: ColumnReading, type_: str, header: str) -> Column:
    """Describes a column; nothing is added up or compared but numbers of one kind."""
    if type_ != "real" or reading.type == "duration" or reading.warnings:
        return TextColumn((header,), ())
    plural = re.fullmatch(r".*[^\W\d_s]s", header) is not None
    kind = "year" if reading.years else "count" if plural and not reading.unit else "measure"
    extremes = ("latest", "earliest") if kind == "year" else ("highest", "lowest")
    return NumberColumn((header,), kind, 0, 0, 1, extremes)  # type: ignore[arg-type]


def _key(columns: Sequence[Column], rows: Sequence[Row]) -> int | None:
    """The first column of texts that all differ."""
    for place, column in enumerate(columns):
        cells = {str(row[place]).lower() for row in rows}
        texts = isinstance(column, TextColumn) and isinstance(rows[0][place], str)
        if texts and len(cells) == len(rows):
            return place
    return None


def plural_of(noun: str) -> str:
    """Returns the plural of an English noun by its ending; other scripts have their own.

    >>> [plural_of(noun) for noun in ("river", "country", "church", "players", "day", "都市")]
    ['rivers', 'countries', 'churches', 'players', 'days', '都市']
    """
    if re.search(r"[^s]s$|[^a-z]$", noun):
        return noun
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if re.search(r"(s|x|z|ch|sh)$", noun) else f"{noun}s"
