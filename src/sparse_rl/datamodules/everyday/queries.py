"""Random queries on everyday tables, over all functions of the language."""

from __future__ import annotations

import operator
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sparse_rl.datamodules.everyday.cells import YES
from sparse_rl.datamodules.everyday.gap_phrases import is_awkward
from sparse_rl.datamodules.everyday.programs import Comparator
from sparse_rl.datamodules.everyday.tables import EverydayTable, pairs
from sparse_rl.interpreters.tables.dates import Date

Shape = Literal[
    "hop", "count", "count_distinct", "maximum", "minimum", "sum", "average", "argmax", "argmin",
    "mode", "diff", "first", "last", "next", "previous", "same_as",
]  # fmt: skip
# How often people ask for it, roughly; with the number of conditions.
SHAPES: dict[tuple[Shape, int], int] = {
    ("hop", 1): 26, ("hop", 2): 18, ("hop", 3): 4,
    ("count", 1): 10, ("count", 2): 7,
    ("count_distinct", 0): 3, ("count_distinct", 1): 2,
    ("maximum", 0): 2, ("maximum", 1): 3, ("minimum", 0): 2, ("minimum", 1): 3,
    ("sum", 0): 1, ("sum", 1): 5, ("sum", 2): 1,
    ("average", 0): 2, ("average", 1): 5, ("average", 2): 1,
    ("argmax", 0): 8, ("argmax", 1): 5, ("argmin", 0): 7, ("argmin", 1): 4,
    ("mode", 0): 6, ("mode", 1): 1,
    ("diff", 0): 8, ("diff", 1): 3,
    ("first", 0): 1, ("last", 0): 1, ("next", 0): 1, ("previous", 0): 1, ("same_as", 0): 1,
}  # fmt: skip


_EITHER = 0.3
"""Share of the superlatives under a condition that choose from two rows by name."""
_PAIRED = 0.3
"""Share of the queries on a table with two columns of the same kind that are about these."""

# Names of persons, teams and firms end in no noun of the rows.
_ENDING_NAMES = re.compile("person|initial|company|team|band|address|university|title|project")
_KINDS = 0.2
"""Share of the conditions on a cell's last word, where there is one: "kettles" of "Tin kettle"."""

_ABOUT_GAPS = 0.25
"""Share of the conditions on a column with empty cells that are about these."""

ConditionRelation = Comparator | Literal["between", "or", "ends", "empty", "filled"]
"""A comparison, two at once ("between 5 and 10", "in Oslo or Rome"), a cell's last word, or whether
there is a value."""


@dataclass(frozen=True)
class EverydayCondition:
    """`column relation value`.

    Attributes:
        column: place of the column.
        relation: comparison.
        value: text, number or date; a date may lack the day, or day and month. With "between" the
            least value, with "empty" and "filled" "".
        other: the greatest value with "between", the second text with "or".
    """

    column: int
    relation: ConditionRelation
    value: str | int | float | Date
    other: str | int | float | Date | None = None

    @property
    def bounds(self) -> tuple[EverydayCondition, ...]:
        """The condition as comparisons that must all hold: two for "between"."""
        if self.relation != "between":
            return (self,)
        assert self.other is not None
        low = EverydayCondition(self.column, "ge", self.value)
        return low, EverydayCondition(self.column, "le", self.other)

    def holds(self, cell: Any) -> bool:
        """Whether a cell's value fulfils it."""
        if self.relation == "empty":
            return cell is None
        if self.relation == "filled":
            return cell is not None
        if cell is None:
            return self.relation == "ne"
        if self.relation == "between":
            return all(bound.holds(cell) for bound in self.bounds)
        if self.relation == "or":
            return cell in (self.value, self.other)
        if self.relation == "ends":
            return _last_word(cell) == self.value
        if isinstance(self.value, Date):
            order = Date(cell.year, cell.month, cell.day).compare(self.value)
            assert order is not None
            return HOLDS[self.relation](order, 0)
        return HOLDS[self.relation](cell, self.value)


HOLDS: dict[Comparator, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


@dataclass(frozen=True)
class EverydayQuery:
    """What is asked.

    Attributes:
        shape: last function, or the one that chooses the row.
        conditions: conditions on the rows, all of which must hold.
        select: column of the answer; None for a number of rows.
        by: column of the extreme ("argmax", "argmin") or of the comparison ("same_as").
        rows: the two rows of "diff", or the one row of "next", "previous" and "same_as".
    """

    shape: Shape
    conditions: tuple[EverydayCondition, ...]
    select: int | None
    by: int | None = None
    rows: tuple[int, ...] = ()


def matching(table: EverydayTable, conditions: Sequence[EverydayCondition]) -> list[int]:
    """Rows that fulfil all conditions."""
    return [
        row
        for row in range(table.size)
        if all(c.holds(table.cells[c.column].values[row]) for c in conditions)
    ]


def draw_query(rng: random.Random, table: EverydayTable) -> EverydayQuery | None:
    """Draws a query; None if this draw has no sense on the table."""
    shape, size = rng.choices(list(SHAPES), list(SHAPES.values()))[0]
    names = _naming(table)
    if shape == "diff":
        return _difference(rng, table, size, names)
    if shape in ("next", "previous", "same_as"):
        return _of_a_named_row(rng, table, shape, names)
    columns = list(range(len(table.columns)))
    ordered = [c for c in columns if table.columns[c].kind != "text" and c != table.key]
    numbers = [c for c in ordered if table.columns[c].kind == "number"]
    by: int | None = None
    if shape in ("argmax", "argmin"):
        by = rng.choice(ordered) if ordered else None
        likely = names if names and rng.random() < 0.6 else columns
        select = rng.choice(
            [c for c in likely if c != by and not table.columns[c].is_flag] or [None]
        )
        if by is None or select is None:
            return None
    elif shape in ("first", "last"):
        select = table.key if table.key is not None else rng.choice(columns)
    elif shape in ("maximum", "minimum", "sum", "average"):
        pool = ordered if shape in ("maximum", "minimum") else numbers
        pool = [c for c in pool if not table.columns[c].cells.startswith("rank")]
        if not pool:
            return None
        select = rng.choice(pool)
    elif shape in ("mode", "count_distinct"):
        repeated = [c for c in columns if _repeats(table, c)]
        if not repeated:
            return None
        select = rng.choice(repeated)
    elif shape == "count":
        select = None
    else:
        # Half of the questions ask which rows there are.
        likely = names if names and rng.random() < 0.5 else columns
        select = rng.choice(likely)
    taken = {select, by}
    if shape in ("argmax", "argmin") and size == 1 and names and rng.random() < _EITHER:
        return _either(rng, table, shape, names[0], by)
    if shape == "hop" and size == 1 and names and rng.random() < 0.45:
        name = rng.choice(names)
        if name == select:
            return None
        cell = table.cells[name].values[rng.randrange(table.size)]
        conditions: tuple[EverydayCondition, ...] = (equal(name, cell),)
    else:
        free = [c for c in columns if c not in taken and c != table.key]
        if len(free) < size:
            return None
        target = rng.randrange(table.size)
        chosen = rng.sample(free, size)
        alike = [pair for pair in pairs(table.columns) if set(pair) <= set(free)]
        if alike and rng.random() < _PAIRED:
            # "from Oslo to Rome", or one of the two.
            chosen = [*rng.sample(rng.choice(alike), min(size, 2)), *chosen[2:]]
        drawn = [_condition(rng, table, c, target) for c in dict.fromkeys(chosen)]
        if drawn and rng.random() < _KINDS:
            drawn[0] = _of_a_kind(rng, table) or drawn[0]
        if None in drawn:
            return None
        conditions = tuple(c for c in drawn if c is not None)
    named = len(conditions) == 1 and conditions[0].column in names
    if select is not None and table.columns[select].is_flag and not named:
        return None
    query = EverydayQuery(shape, conditions, select, by)
    return query if _is_telling(table, query) else None


def _either(
    rng: random.Random, table: EverydayTable, shape: Shape, name: int, by: int | None
) -> EverydayQuery | None:
    """Which of two named rows has more or less of something."""
    cells: Any = table.cells[name].values
    one, other = rng.sample(range(table.size), 2)
    if table.columns[name].kind != "text" or by == name or cells.count(cells[one]) > 1:
        return None
    both = EverydayCondition(name, "or", cells[one], cells[other])
    query = EverydayQuery(shape, (both,), name, by)
    return query if _is_telling(table, query) else None


def _naming(table: EverydayTable) -> list[int]:
    """Columns that name a row: the key, else dates that all differ."""
    if table.key is not None:
        return [table.key]
    dates = [c for c, column in enumerate(table.columns) if "distinct" in column.cells]
    return dates[:1]


def _repeats(table: EverydayTable, column: int) -> bool:
    if table.columns[column].is_flag:
        return False
    counts = Counter(cell for cell in table.cells[column].values if cell is not None)
    top = max(counts.values())
    few = sum(count == top for count in counts.values()) <= 2
    asked = table.columns[column].kind == "text" or table.columns[column].cells.startswith("count")
    return asked and top > 1 and len(counts) > 1 and few


def equal(column: int, cell: Any) -> EverydayCondition:
    """The condition that a column has a cell's value."""
    value = Date(cell.year, cell.month, cell.day) if isinstance(cell, date) else cell
    return EverydayCondition(column, "eq", value)


def _condition(
    rng: random.Random, table: EverydayTable, column: int, target: int
) -> EverydayCondition | None:
    """Draws a condition near the row `target`."""
    drawn, kind = table.cells[column].values, table.columns[column].kind
    cell: Any = drawn[target]
    cells: list[Any] = [known for known in drawn if known is not None]
    if len(cells) < len(drawn) and (cell is None or rng.random() < _ABOUT_GAPS):
        if is_awkward(table.header[column]):
            return None
        return EverydayCondition(column, "empty" if rng.random() < 0.62 else "filled", "")
    if kind == "text":
        if table.columns[column].is_flag:
            return EverydayCondition(column, "ne" if rng.random() < 0.35 else "eq", YES)
        different: list[Any] = [text for text in dict.fromkeys(cells) if text != cell]
        if different and rng.random() < 0.05:
            return EverydayCondition(column, "or", cell, rng.choice(different))
        return EverydayCondition(column, "ne" if rng.random() < 0.06 else "eq", cell)
    if rng.random() < 0.1:
        return _between(rng, column, kind, cells)
    relation: Comparator = rng.choice(("eq", "gt", "gt", "ge", "lt", "lt", "le"))
    bound: Any = rng.choice(cells)
    if kind == "date":
        exact = Date(bound.year, bound.month, bound.day)
        forms = (exact, exact, Date(bound.year, bound.month), Date(bound.year))
        return EverydayCondition(column, rng.choice((relation, "eq")), rng.choice(forms))
    if relation != "eq" and rng.random() < 0.6:
        bound = _round(rng, bound)
    return EverydayCondition(column, relation, bound)


def _of_a_kind(rng: random.Random, table: EverydayTable) -> EverydayCondition | None:
    """Draws a word in which the names of several rows end; None if there is none."""
    key = table.key
    if key is None or _ENDING_NAMES.search(table.columns[key].cells):
        return None
    counts = Counter(_last_word(cell) for cell in table.cells[key].texts)
    words = [word for word, count in counts.items() if word and 1 < count < table.size]
    return EverydayCondition(key, "ends", rng.choice(words)) if words else None


def _last_word(cell: str) -> str:
    """The last word of a cell of several, in lower case, if it can be a noun; else ""."""
    *others, last = cell.split()
    return last.lower() if others and last.isalpha() and len(last) >= 4 else ""


def _between(
    rng: random.Random, column: int, kind: str, cells: Sequence[Any]
) -> EverydayCondition | None:
    low, high = sorted(rng.sample(list(cells), 2))
    if kind == "date":
        low, high = (Date(d.year, d.month, d.day) for d in (low, high))
    elif kind == "number" and rng.random() < 0.6:
        low, high = _round(rng, low), _round(rng, high)
    return EverydayCondition(column, "between", low, high) if low != high else None


def _round(rng: random.Random, bound: float) -> float:
    """A rounder number near a bound, as people choose one."""
    size = 10.0 ** (len(str(int(abs(bound)))) - 1)
    unit = size * rng.choice((0.1, 0.5, 1)) if abs(bound) >= 10 else rng.choice((0.5, 1))
    rounded = round(bound / unit) * unit
    return int(rounded) if float(rounded).is_integer() else round(rounded, 2)


def _difference(
    rng: random.Random, table: EverydayTable, size: int, names: list[int]
) -> EverydayQuery | None:
    """Draws two rows to compare, by their names among the rows of a condition, if there is one."""
    columns = range(len(table.columns))
    numbers = [c for c in columns if table.columns[c].kind in ("number", "year")]
    texts = [c for c in columns if table.columns[c].kind == "text" and not table.columns[c].is_flag]
    name = rng.choice(names if names and rng.random() < 0.7 and not size else texts or [None])
    numbers = [c for c in numbers if c != name and None not in table.cells[c].values]
    numbers = [c for c in numbers if not table.columns[c].cells.startswith("rank")]
    if not numbers or name is None:
        return None
    select = rng.choice(numbers)
    conditions: tuple[EverydayCondition, ...] = ()
    if size:
        shared = [c for c in texts if c != name and _repeats(table, c)]
        shared = [c for c in shared if None not in table.cells[c].values]
        if not shared:
            return None
        column = rng.choice(shared)
        conditions = (equal(column, rng.choice(table.cells[column].values)),)
    rows = matching(table, conditions)
    named = Counter(table.cells[name].values[row] for row in rows)
    names_of: Any = table.cells[name].values
    alone = [row for row in rows if names_of[row] is not None and named[names_of[row]] == 1]
    if len(alone) < 2:
        return None
    one, other = rng.sample(alone, 2)
    values: Any = table.cells[select].values
    if values[one] == values[other]:
        return None
    # The greater first: "how much more".
    two = (one, other) if values[one] > values[other] else (other, one)
    return EverydayQuery("diff", conditions, select, name, two)


def _of_a_named_row(
    rng: random.Random, table: EverydayTable, shape: Shape, names: list[int]
) -> EverydayQuery | None:
    if not names:
        return None
    columns = [c for c in range(len(table.columns)) if c not in names]
    name = names[0]
    row = rng.randrange(1, table.size - 1)
    if shape == "same_as":
        texts = [c for c in columns if _repeats(table, c) and table.columns[c].kind == "text"]
        if not texts:
            return None
        by = rng.choice(texts)
        if table.cells[by].values[row] is None:
            return None
        alike = [
            r for r in range(table.size) if table.cells[by].texts[r] == table.cells[by].texts[row]
        ]
        return EverydayQuery(shape, (), name, by, (row,)) if len(alike) > 1 else None
    return EverydayQuery(shape, (), name, None, (row,))


def _is_telling(table: EverydayTable, query: EverydayQuery) -> bool:
    """Whether there is an answer, every condition drops a row, and the function matters."""
    rows = matching(table, query.conditions)
    if not rows or (len(rows) == table.size and query.conditions):
        return False
    bounds = [bound for condition in query.conditions for bound in condition.bounds]
    for place in range(len(bounds)):
        if len(matching(table, bounds[:place] + bounds[place + 1 :])) == len(rows):
            return False
    if query.shape in ("hop", "count"):
        return True
    column = query.by if query.by is not None else query.select
    assert column is not None
    values = [v for row in rows if (v := table.cells[column].values[row]) is not None]
    if query.shape in ("argmax", "argmin"):
        numbers: Any = values
        either = any(condition.relation == "or" for condition in query.conditions)
        if len(values) < 2 or (either and len(values) < len(rows)):
            return False
        extreme = max(numbers) if query.shape == "argmax" else min(numbers)
        return bool(numbers.count(extreme) == 1)
    return len(set(values)) > 1
