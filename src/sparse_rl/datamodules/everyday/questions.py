"""Questions with their programs and answers, over everyday tables as the package reads them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice, product
from typing import Any

from sparse_rl.datamodules.everyday.queries import (
    EverydayCondition,
    EverydayQuery,
    Relation,
    draw_query,
    matching,
)
from sparse_rl.datamodules.everyday.tables import EverydayTable
from sparse_rl.datamodules.everyday.wording import Wording
from sparse_rl.datamodules.tables.reading import ReadTable
from sparse_rl.errors import ExecutionError
from sparse_rl.interpreters.tables.constants import Constant
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.program import (
    ALL_ROWS,
    Expression,
    Program,
    format_program,
    run_program,
)
from sparse_rl.interpreters.tables.table_world import TableWorld

_COMPARED: dict[Relation, str] = {
    "eq": "filter_eq", "ne": "filter_ne", "gt": "filter_gt", "ge": "filter_ge", "lt": "filter_lt",
    "le": "filter_le",
}  # fmt: skip
_RELATIONS: dict[str, Any] = {name: relation for relation, name in _COMPARED.items()}
_MOST_PROGRAMS = 4
"""Programs of one question: views of the same cells as number and date, readings of a constant."""


@dataclass(frozen=True)
class EverydayQuestion:
    """A question over a table.

    Attributes:
        text: the question.
        answer: the answer, cells as the table writes them.
        programs: programs that say what the question says, with that answer.
    """

    text: str
    answer: tuple[str | float, ...]
    programs: tuple[str, ...]


def draw_question(
    rng: random.Random, table: EverydayTable, read: ReadTable, language: Language
) -> EverydayQuestion | None:
    """Draws a question; None if this draw failed.

    Args:
        rng: source of the draws.
        table: the table as generated.
        read: the same table as the package reads it.
        language: language of the programs.
    """
    query = draw_query(rng, table)
    text = Wording(rng, table).question(query) if query is not None else None
    if query is None or text is None:
        return None
    example = read.example("generated", text)
    programs = islice(_Programs(table, read, example).of(query), _MOST_PROGRAMS)
    found: dict[str, tuple[str | float, ...]] = {}
    for program in programs:
        answer = _answer(program, read, example, language)
        if answer is not None:
            found[format_program(program)] = answer
    answers = set(found.values())
    if len(answers) != 1:
        return None
    return EverydayQuestion(text, answers.pop(), tuple(found))


@dataclass(frozen=True)
class _Programs:
    """Writes queries as programs with the constants of a question."""

    table: EverydayTable
    read: ReadTable
    example: Example

    def of(self, query: EverydayQuery) -> Iterator[Program]:
        if query.shape in ("diff", "next", "previous", "same_as"):
            yield from self._of_named_rows(query)
            return
        for filters in self._filters(query.conditions, ALL_ROWS, 0):
            rows = f"v{len(filters) - 1}" if filters else ALL_ROWS
            for ending in self._endings(query, rows, len(filters)):
                yield (*filters, *ending)

    def _endings(self, query: EverydayQuery, rows: str, place: int) -> Iterator[Program]:
        shape = query.shape
        if shape == "count":
            yield (Expression("count", rows, ()),)
            return
        assert query.select is not None
        if shape in ("argmax", "argmin", "first", "last"):
            by: list[tuple[str, ...]] = [()]
            if query.by is not None:
                by = [(name,) for name in self._ordered(query.by)]
            for arguments in by:
                chosen = Expression(shape, rows, arguments)
                yield chosen, Expression("hop", f"v{place}", (self._text(query.select),))
            return
        if shape in ("hop", "mode"):
            yield (Expression(shape, rows, (self._text(query.select),)),)
            return
        for name in self._ordered(query.select, numbers=shape in ("sum", "average")):
            yield (Expression(shape, rows, (name,)),)

    def _of_named_rows(self, query: EverydayQuery) -> Iterator[Program]:
        assert query.select is not None
        name = query.by if query.shape == "diff" else query.select
        assert name is not None
        cells = self.table.cells[name].values
        equal = [EverydayCondition(name, "eq", _value(cells[row])) for row in query.rows]
        choices = [list(self._filter(condition, ALL_ROWS, None)) for condition in equal]
        for filters in product(*choices):
            if query.shape == "diff":
                for column in self._ordered(query.select, numbers=True):
                    yield (*filters, Expression("diff", "v0", ("v1", column)))
                continue
            arguments = () if query.by is None else (self._text(query.by),)
            moved = Expression(query.shape, "v0", arguments)
            yield (*filters, moved, Expression("hop", "v1", (self._text(name),)))

    def _filters(
        self, conditions: Sequence[EverydayCondition], rows: str, place: int
    ) -> Iterator[tuple[Expression, ...]]:
        """All ways to write conditions one after the other."""
        if not conditions:
            yield ()
            return
        for expression in self._filter(conditions[0], rows, conditions[0]):
            for rest in self._filters(conditions[1:], f"v{place}", place + 1):
                yield (expression, *rest)

    def _filter(self, condition: EverydayCondition, rows: str, _: object) -> Iterator[Expression]:
        """Expressions that keep the rows of a condition."""
        wanted = sum(1 << row for row in matching(self.table, (condition,)))
        kind = self.table.columns[condition.column].kind
        for constant in self.example.constants:
            for name, column in self._views(condition.column):
                function = self._function(condition, constant, kind, column, wanted)
                if function is not None:
                    yield Expression(function, rows, (constant.value, name))

    def _function(
        self, condition: EverydayCondition, constant: Constant, kind: str, column: int, wanted: int
    ) -> str | None:
        """The function that keeps the wanted rows of a column with a constant, if one does."""
        table, value = self.read.table, constant.value
        if isinstance(value, tuple):
            if table.types[column] != "text" or kind not in ("text", "date"):
                return None
            kept = table.containing(column, value)
            if condition.relation == "eq" and kept == wanted:
                return "filter_in"
            opposite = condition.relation == "ne" and table.all_rows & ~kept == wanted
            return "filter_not_in" if opposite else None
        typed = "date" if isinstance(value, Date) else "real"
        if kind == "text" or table.types[column] != typed:
            return None
        if typed == "real" and not _same(value, condition.value):
            return None
        kept = table.compared(column, condition.relation, value)
        return _COMPARED[condition.relation] if kept == wanted else None

    def _views(self, source: int) -> list[tuple[str, int]]:
        """Properties of a column of the table: its text, and its numbers or dates."""
        return [
            (property_.name, property_.column)
            for property_ in self.read.table.properties
            if self.read.sources[property_.column] == source
        ]

    def _text(self, source: int) -> str:
        return self._views(source)[0][0]

    def _ordered(self, source: int, numbers: bool = False) -> list[str]:
        types = ("real",) if numbers else ("real", "date")
        views = self._views(source)
        return [name for name, column in views if self.read.table.types[column] in types]


def _value(cell: Any) -> Any:
    return Date(cell.year, cell.month, cell.day) if isinstance(cell, date) else cell


def _same(value: float, other: object) -> bool:
    if isinstance(other, Date):
        return value == other.year and other.month is None
    return value == other


def _answer(
    program: Program, read: ReadTable, example: Example, language: Language
) -> tuple[str | float, ...] | None:
    """The program's answer as the table writes it; None if no policy may take its steps."""
    world = TableWorld(example, language)
    try:
        actions = world.actions(program)
        steps = run_program(program, read.table, language)
    except (ValueError, ExecutionError):
        return None
    state = world.start()
    for action in actions:
        if action not in world.valid_actions(state):
            return None
        state = world.step(state, action)
    value, last = steps[-1].value, program[-1]
    assert isinstance(value, tuple)
    if last.function not in ("hop", "maximum", "minimum", "mode"):
        return tuple(_rounded(number) for number in value)
    rows = steps[int(last.rows[1:])].value if last.rows != ALL_ROWS else read.table.all_rows
    assert isinstance(rows, int)
    name = last.arguments[0]
    column = next(p.column for p in read.table.properties if p.name == name)
    source, cells = read.sources[column], read.table.columns[column]
    texts = {
        cells[row]: read.text.rows[row][source].strip()
        for row in range(len(cells))
        if rows >> row & 1
    }
    return tuple(dict.fromkeys(texts[cell] for cell in value if cell in texts)) or None


def _rounded(value: Any) -> str | float:
    if not isinstance(value, float):
        return value if isinstance(value, int) else str(value)
    short = float(f"{value:.12g}")
    return int(short) if short.is_integer() else short
