"""Writes what a question means as programs, with the constants that the question offers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Literal

from sparse_rl.datamodules.tables.generated import is_offered, rounded
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

Comparator = Literal["eq", "ne", "gt", "ge", "lt", "le"]
WrittenAnswer = tuple[str | float, ...]

_MOST_PROGRAMS = 4
"""Programs of one question: views of the same cells as number and date, readings of a constant."""


@dataclass(frozen=True)
class Filter:
    """A condition with the rows that fulfil it.

    Attributes:
        column: column of the table as text.
        relation: its comparison.
        rows: the rows of the whole table, as bits.
        number: the number that a constant must be; None for a text or a date.
    """

    column: int
    relation: Comparator
    rows: int
    number: float | None = None


@dataclass(frozen=True)
class Intent:
    """What a question asks, by columns of the table as text.

    Attributes:
        shape: last function, or the one that chooses the rows.
        filters: conditions on the rows.
        select: column of the answer; None for a number of rows.
        by: column of an extreme ("argmax", "argmin") or of a comparison ("same_as").
        rows: the rows that the question names one by one ("diff", "next", "previous", "same_as").
    """

    shape: str
    filters: tuple[Filter, ...]
    select: int | None
    by: int | None = None
    rows: tuple[Filter, ...] = ()


def programs_of(
    intent: Intent, read: ReadTable, example: Example, language: Language
) -> tuple[tuple[str, ...], WrittenAnswer] | None:
    """Writes a question's intent as programs.

    Returns:
        Texts of the programs, at most 4, with the answer as the table writes it; None if a constant
        is not in the question, a policy may not take the steps, or the answers differ.
    """
    found: dict[str, WrittenAnswer] = {}
    for program in islice(_Writer(read, example).programs(intent), _MOST_PROGRAMS):
        answer = _answer(program, read, example, language)
        if answer is not None:
            found[format_program(program)] = answer
    answers = set(found.values())
    return (tuple(found), answers.pop()) if len(answers) == 1 else None


@dataclass(frozen=True)
class _Writer:
    read: ReadTable
    example: Example

    def programs(self, intent: Intent) -> Iterator[Program]:
        if intent.rows:
            yield from self._of_named_rows(intent)
            return
        for filters in self._filters(intent.filters, 0):
            rows = f"v{len(filters) - 1}" if filters else ALL_ROWS
            for ending in self._endings(intent, rows, len(filters)):
                yield (*filters, *ending)

    def _endings(self, intent: Intent, rows: str, place: int) -> Iterator[Program]:
        shape = intent.shape
        if shape == "count":
            yield (Expression("count", rows, ()),)
            return
        assert intent.select is not None
        if shape in ("argmax", "argmin", "first", "last"):
            by: list[tuple[str, ...]] = [()]
            if intent.by is not None:
                by = [(name,) for name in self._ordered(intent.by)]
            for arguments in by:
                chosen = Expression(shape, rows, arguments)
                yield chosen, Expression("hop", f"v{place}", (self._text(intent.select),))
        elif shape in ("hop", "mode", "count_distinct"):
            yield (Expression(shape, rows, (self._text(intent.select),)),)
        else:
            for name in self._ordered(intent.select, numbers=shape in ("sum", "average")):
                yield (Expression(shape, rows, (name,)),)

    def _of_named_rows(self, intent: Intent) -> Iterator[Program]:
        assert intent.select is not None
        for shared in self._filters(intent.filters, 0):
            place = len(shared)
            rows = f"v{place - 1}" if shared else ALL_ROWS
            for named in product(*(list(self._filter(row, rows)) for row in intent.rows)):
                if intent.shape == "diff":
                    for column in self._ordered(intent.select, numbers=True):
                        last = Expression("diff", f"v{place}", (f"v{place + 1}", column))
                        yield (*shared, *named, last)
                    continue
                arguments = () if intent.by is None else (self._text(intent.by),)
                moved = Expression(intent.shape, f"v{place}", arguments)
                answer = Expression("hop", f"v{place + 1}", (self._text(intent.select),))
                yield (*shared, *named, moved, answer)

    def _filters(self, filters: Sequence[Filter], place: int) -> Iterator[tuple[Expression, ...]]:
        """All ways to write conditions one after the other."""
        if not filters:
            yield ()
            return
        for expression in self._filter(filters[0], f"v{place - 1}" if place else ALL_ROWS):
            for rest in self._filters(filters[1:], place + 1):
                yield (expression, *rest)

    def _filter(self, wanted: Filter, rows: str) -> Iterator[Expression]:
        """Expressions that keep the rows of a condition."""
        for constant in self.example.constants:
            for name, column in self._views(wanted.column):
                function = self._function(wanted, constant, column)
                if function is not None:
                    yield Expression(function, rows, (constant.value, name))

    def _function(self, wanted: Filter, constant: Constant, column: int) -> str | None:
        """The function that keeps the wanted rows of a column with a constant, if one does."""
        table, value = self.read.table, constant.value
        if isinstance(value, tuple):
            if table.types[column] != "text" or wanted.number is not None:
                return None
            kept = table.containing(column, value)
            if wanted.relation == "eq" and kept == wanted.rows:
                return "filter_in"
            opposite = wanted.relation == "ne" and table.all_rows & ~kept == wanted.rows
            return "filter_not_in" if opposite else None
        if isinstance(value, Date):
            fits = table.types[column] == "date" and wanted.number in (None, value.year)
        else:
            fits = table.types[column] == "real" and wanted.number == value
        if not fits:
            return None
        equal = wanted.relation in ("eq", "ne")
        kept = table.compared(column, "eq" if equal else wanted.relation, value)  # type: ignore[arg-type]
        if wanted.relation == "ne":
            kept = table.all_rows & ~kept
        return f"filter_{wanted.relation}" if kept == wanted.rows else None

    def _views(self, source: int) -> list[tuple[str, int]]:
        """Properties of a column of the text: its text, and its numbers or dates."""
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


def _answer(
    program: Program, read: ReadTable, example: Example, language: Language
) -> WrittenAnswer | None:
    """The program's answer as the table writes it; None if no policy may take its steps."""
    if not is_offered(program, TableWorld(example, language)):
        return None
    try:
        steps = run_program(program, read.table, language)
    except ExecutionError:
        return None
    value, last = steps[-1].value, program[-1]
    assert isinstance(value, tuple)
    if last.function not in ("hop", "maximum", "minimum", "mode"):
        return tuple(rounded(number) for number in value)
    rows = steps[int(last.rows[1:])].value if last.rows != ALL_ROWS else read.table.all_rows
    assert isinstance(rows, int)
    column = next(p.column for p in read.table.properties if p.name == last.arguments[0])
    source, cells = read.sources[column], read.table.columns[column]
    texts = {
        cells[row]: read.text.rows[row][source].strip()
        for row in range(len(cells))
        if rows >> row & 1
    }
    return tuple(dict.fromkeys(texts[cell] for cell in value if cell in texts)) or None
