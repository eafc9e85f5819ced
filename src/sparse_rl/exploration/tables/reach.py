"""Questions whose answer no program reaches, with the nearest cell and the nearest program.

Such a question teaches nothing. Most often its answer is spelled as no cell is, its question lacks
the words of the table, or the language lacks the operation: what is nearest tells these apart.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from textwrap import wrap
from typing import Any

from sparse_rl.exploration.budget import NO_LIMIT, Budget
from sparse_rl.exploration.search import SearchOptions, search_all
from sparse_rl.exploration.tables.coverage import gold_values
from sparse_rl.exploration.tables.domain import TableDomain
from sparse_rl.exploration.worker_pool import ALONE, WorkerPool
from sparse_rl.interpreters.tables.answers import ListAnswer
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.signature import Answer
from sparse_rl.interpreters.tables.table import Cell, Table
from sparse_rl.interpreters.tables.wording import folded
from sparse_rl.narrow import WIDTH

NEAREST = 5.0
"""Seconds, at most, of the search for the nearest program of a question."""
_ANSWERS = 5
"""Items of an answer that a report shows."""


@dataclass(frozen=True)
class NearestCell:
    """The cell that is most like an item of an answer.

    Attributes:
        item: the item.
        cell: the cell's value.
        column: its header.
        row: its row, from 1.
    """

    item: Cell
    cell: Cell
    column: str
    row: int

    def to_dict(self) -> dict[str, Any]:
        """Returns all of it in types of JSON."""
        values = {"item": _plain(self.item), "cell": _plain(self.cell)}
        return {**values, "column": self.column, "row": self.row}


@dataclass(frozen=True)
class NearestProgram:
    """The program whose answer is most like a question's.

    Attributes:
        program: text of the shortest program with this answer.
        answer: its denotation.
    """

    program: str
    answer: Answer

    def to_dict(self) -> dict[str, Any]:
        """Returns all of it in types of JSON."""
        return {"program": self.program, "answer": [_plain(value) for value in self.answer]}


@dataclass(frozen=True)
class Unreached:
    """A question whose answer no program has.

    Attributes:
        split: split of the question.
        example: the question.
        cell: the cell nearest to the first item that is no cell; None if no cell is like one.
        program: the nearest program; None if the question has none.
    """

    split: str
    example: Example
    cell: NearestCell | None
    program: NearestProgram | None

    @property
    def answer(self) -> tuple[Cell, ...]:
        gold = self.example.answer
        return () if gold is None else tuple(gold.as_given())

    def to_dict(self) -> dict[str, Any]:
        """Returns everything but the table, in types of JSON."""
        cell, program = self.cell, self.program
        return {
            "split": self.split,
            "id": self.example.id,
            "question": self.example.question,
            "table": self.example.table.name,
            "answer": [_plain(item) for item in self.answer],
            "nearest_cell": cell and cell.to_dict(),
            "nearest_program": program and program.to_dict(),
        }

    def lines(self) -> Iterator[str]:
        """Formats the question, its answer and what is nearest, in lines of `WIDTH`."""
        yield from _entry("", f"{self.split} {self.example.id}: {self.example.question}")
        yield from _entry("table", self.example.table.name)
        yield from _entry("answer", _listed(self.answer))
        if self.cell is not None:
            place = f"row {self.cell.row} of {self.cell.column}"
            if len(self.answer) > 1:
                place += f", for {_text(self.cell.item)}"
            yield from _entry("nearest cell", f"{_text(self.cell.cell)} ({place})")
        if self.program is not None:
            yield from _entry("nearest program", self.program.program)
            yield from _entry("its answer", _listed(self.program.answer))
        else:
            yield from _entry("nearest program", "none: no program can be written")


SplitAndId = tuple[str, str]
"""Split and id of a question."""


@dataclass(frozen=True)
class Reach:
    """Which questions a search reaches.

    Attributes:
        reached: number of questions with a program.
        missed: questions without.
        undecided: questions for which the budget did not suffice.
        unanswered: questions without an answer, which were not searched.
    """

    reached: int
    missed: tuple[Unreached, ...]
    undecided: tuple[SplitAndId, ...]
    unanswered: tuple[SplitAndId, ...]

    def to_dict(self) -> dict[str, Any]:
        """Returns all of it in types of JSON."""
        return {
            "reached": self.reached,
            "unreached": [question.to_dict() for question in self.missed],
            "undecided": [{"split": split, "id": id_} for split, id_ in self.undecided],
            "not_checked": [{"split": split, "id": id_} for split, id_ in self.unanswered],
        }

    def lines(self) -> Iterator[str]:
        """Formats all of it, in lines of `WIDTH`."""
        for question in self.missed:
            yield from question.lines()
        for places, why in (
            (self.undecided, "not decided: the budget ended (warm_start.max_seconds)"),
            (self.unanswered, "not checked: no answer"),
        ):
            if places:
                yield why
                yield from _entry("", ", ".join(f"{split} {id_}" for split, id_ in places))
        searched = self.reached + len(self.missed) + len(self.undecided)
        yield from wrap(
            f"no program answers {len(self.missed)} of the {searched} questions with an answer"
            + (f", and {len(self.undecided)} were not decided" if self.undecided else ""),
            WIDTH,
        )


def reach(
    questions: Sequence[tuple[str, Example]],
    domain: TableDomain,
    budget: Budget = NO_LIMIT,
    pool: WorkerPool = ALONE,
) -> Reach:
    """Searches the programs of questions exhaustively.

    Args:
        questions: splits and questions.
        domain: the programs.
        budget: limit of one question's search; at most `NEAREST` for what is nearest.
        pool: workers of the search.
    """
    asked = [(split, example) for split, example in questions if example.answer is not None]
    options = SearchOptions(max_programs=1, budget=budget)
    found = [*search_all([example for _, example in asked], domain, options, pool)]
    nearest = Budget(budget.states, min(budget.seconds or NEAREST, NEAREST))
    results = [*zip(asked, found, strict=True)]
    return Reach(
        sum(bool(result.rewarded) for result in found),
        tuple(
            unreached(split, example, domain, nearest)
            for (split, example), result in results
            if result.complete and not result.rewarded
        ),
        tuple(
            (split, example.id)
            for (split, example), result in results
            if not (result.complete or result.rewarded)
        ),
        tuple((split, example.id) for split, example in questions if example.answer is None),
    )


def unreached(
    split: str, example: Example, domain: TableDomain, budget: Budget = NO_LIMIT
) -> Unreached:
    """Finds what is nearest to an answer that no program has.

    Args:
        split: split of the question.
        example: the question, with its answer.
        domain: the programs.
        budget: limit of the search for the nearest program.
    """
    assert example.answer is not None
    values = gold_values(example.answer)
    recorder = _Recorder(values)
    domain.exhaustive(replace(example, answer=recorder), 1, budget)
    program = None
    if recorder.nearest is not None:
        like = replace(example, answer=ListAnswer(recorder.nearest))
        found = domain.exhaustive(like, 1, budget).programs
        if found:
            text = domain.format_program(like, found[0])
            program = NearestProgram(text, recorder.nearest)
    return Unreached(split, example, nearest_cell(values, example.table), program)


def nearest_cell(values: Sequence[Cell], table: Table) -> NearestCell | None:
    """Finds the cell nearest to the first value that is no cell; None if no cell is like one."""
    cells: dict[Cell, tuple[str, int]] = {}
    for property_ in table.properties:
        column = property_.column
        for row, cell in enumerate(table.columns[column], 1):
            if cell is not None:
                cells.setdefault(cell, (table.header[column], row))
    for value in values:
        nearest = min(cells, key=lambda cell: distance(value, cell), default=None)
        if nearest is not None and 0 < distance(value, nearest) < 1:
            return NearestCell(value, nearest, *cells[nearest])
    return None


def distance(one: Cell, other: Cell) -> float:
    """Distance of two values, 0 to 1: of numbers relative to the greater, else of the spelling.

    >>> distance(8, 10), distance("Peru", "peru"), round(distance("Peru", "Perus"), 2)
    (0.2, 0.0, 0.11)
    >>> distance(17, "17"), distance(17, "1,7")
    (0.0, 1.0)
    """
    numbers = isinstance(one, (int, float)), isinstance(other, (int, float))
    if any(numbers) and not all(numbers):
        return float(_text(one) != _text(other))
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        if one == other:
            return 0.0
        if not (math.isfinite(one) and math.isfinite(other)):
            return 1.0
        return min(1.0, abs(one - other) / max(abs(one), abs(other)))
    return (
        1 - SequenceMatcher(None, folded(_text(one)), folded(_text(other)), autojunk=False).ratio()
    )


def answer_distance(gold: Sequence[Cell], answer: Sequence[Cell]) -> float:
    """Distance of two answers: of each item of the gold one from the nearest, and of the sizes."""
    if not gold or not answer:
        return float(bool(gold) != bool(answer)) * 2
    items = sum(min(distance(item, value) for value in answer) for item in gold) / len(gold)
    sizes = len(gold), len(set(answer))
    return items + abs(sizes[0] - sizes[1]) / max(sizes)


class _Recorder:
    """Gold answer that nothing is right for, and that remembers the nearest denotation."""

    def __init__(self, gold: Sequence[Cell]) -> None:
        self._gold = gold
        self._distance = math.inf
        self.nearest: Answer | None = None

    def accepts(self, denotation: Sequence[Cell]) -> bool:
        # A long list is far from every answer of a few items, and costly to compare.
        if len(denotation) <= 2 * len(self._gold) + 1 or self.nearest is None:
            found = answer_distance(self._gold, denotation)
            if found < self._distance:
                self._distance, self.nearest = found, tuple(denotation)
        return False

    def key(self, denotation: Answer) -> Hashable:
        return denotation

    def as_given(self) -> Answer:
        return tuple(self._gold)


def _entry(name: str, text: str) -> list[str]:
    begin = f"   {name:<15}  " if name else ""
    return wrap(
        " ".join(text.split()),
        WIDTH,
        initial_indent=begin,
        subsequent_indent=" " * (len(begin) or 3),
        break_on_hyphens=False,
    )


def _listed(values: Sequence[Cell]) -> str:
    shown = " | ".join(_text(value) for value in values[:_ANSWERS])
    return f"{shown} … ({len(values)} in all)" if len(values) > _ANSWERS else shown or "nothing"


def _text(value: Cell) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _plain(value: Cell) -> str | int | float:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, (str, int, float)) else str(value)
