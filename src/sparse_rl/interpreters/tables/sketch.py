"""Sketches: the columns and operations by which a program and a human's logical form are compared.

A program agrees with a form if both use the same columns and the same operations. Constants, the
order of expressions and the value that is read at the end are left out: a sketch is a necessary
condition of equal meaning, not a sufficient one.

What counts as equal, and why:

- count: `count`, and `count` in forms. The column of `(count (!r.name SET))` is left out, as
  programs count rows.
- sum, average: `sum`, `average`; in forms `sum`, `avg`.
- greatest, least: `maximum`, `minimum`, `argmax`, `argmin`; in forms `max`, `min`, and `argmax`,
  `argmin` by a column. The greatest year is the year of the row with the greatest year.
- first, last: `first`, `last`; in forms `argmin`, `argmax` by `@index`, the number of the row.
- most frequent: `mode`; in forms `argmax` by a `count` of rows.
- previous, next: `previous`, `next`; in forms `@next` (the rows whose next row is in the set) and
  its inverse `@!next`.
- difference: `diff`; in forms `-`.
- more: `filter_gt`, `filter_ge`; in forms `>`, `>=`. More than 9 is at least 10.
- less: `filter_lt`, `filter_le`; in forms `<`, `<=`.
- other: `filter_ne`, `filter_not_in`, and `same_as`, which leaves out the row itself; in forms
  `!=`.

`hop`, `filter_in` and `filter_eq` are joins, which a form writes as a column without an operator.
The views of a column (`r.year-number`, `r.year-date`; `@p.num`, `@p.date`) are one column. A form
may have operations that programs lack, such as sums of two numbers, runs of equal rows, or
conditions between two columns of a row (`Sketch.is_expressible`). A user's own function is an
operation of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sparse_rl.errors import ProgramSyntaxError
from sparse_rl.interpreters.tables.lambda_dcs import LogicalForm, format_form
from sparse_rl.interpreters.tables.program import Program
from sparse_rl.interpreters.tables.table import Table

LEVELS = ("columns", "operations", "comparisons")
"""Levels of agreement; each also needs the ones before."""

_OF_FUNCTION = {
    "count": "count",
    "sum": "sum",
    "average": "average",
    "maximum": "greatest",
    "argmax": "greatest",
    "minimum": "least",
    "argmin": "least",
    "first": "first",
    "last": "last",
    "mode": "most frequent",
    "previous": "previous",
    "next": "next",
    "diff": "difference",
}
_COMPARISON_OF_FUNCTION = {
    "filter_gt": "more",
    "filter_ge": "more",
    "filter_lt": "less",
    "filter_le": "less",
    "filter_ne": "other",
    "filter_not_in": "other",
    "same_as": "other",
}
_JOINS = {"hop", "filter_in", "filter_eq"}

_OF_OPERATOR = {
    "count": "count",
    "sum": "sum",
    "avg": "average",
    "max": "greatest",
    "min": "least",
    "-": "difference",
    "@next": "previous",
    "@!next": "next",
    # Without a counterpart in programs:
    "+": "addition",
    "mark": "condition on a row",
    "@index": "row number",
    "@!index": "row number",
}
_COMPARISON_OF_OPERATOR = {">": "more", ">=": "more", "<": "less", "<=": "less", "!=": "other"}
_SILENT = re.compile(r"and|or|reverse|lambda|var|date|:|@type|@!?p\.\w+")
_RELATION = re.compile(r"!?(?:r|fb:row\.(?P<consecutive>consecutive))\.(?P<name>.+)")


@dataclass(frozen=True)
class Sketch:
    """The columns and operations of a program or of a logical form.

    Attributes:
        columns: columns; of a program by the names of its properties without their views
            (`r.year`), of a form by SEMPRE's names (`year`).
        operations: aggregations, superlatives and steps between rows.
        comparisons: "more", "less", "other".
    """

    columns: frozenset[str] = frozenset()
    operations: frozenset[str] = frozenset()
    comparisons: frozenset[str] = frozenset()

    @classmethod
    def union(cls, sketches: Iterable[Sketch]) -> Sketch:
        """Returns the sketch of all parts together."""
        parts = [(s.columns, s.operations, s.comparisons) for s in sketches]
        return cls(*(frozenset().union(*part) for part in zip(*parts, strict=True)))

    def agrees(self, other: Sketch, level: str) -> bool:
        """Whether both are the same up to a level, one of `LEVELS`."""
        compared = LEVELS[: LEVELS.index(level) + 1]
        return all(getattr(self, part) == getattr(other, part) for part in compared)

    @property
    def is_expressible(self) -> bool:
        """Whether programs have all its operations."""
        return self.operations <= set(_OF_FUNCTION.values())

    def renamed(self, names: Mapping[str, str]) -> Sketch:
        """Returns the sketch with other names of its columns."""
        return replace(self, columns=frozenset(names[column] for column in self.columns))


def program_sketch(program: Program, table: Table) -> Sketch:
    """Returns the sketch of a program over a table."""
    columns = {p.name: column_of(p.name) for p in table.properties}
    arguments = [a for e in program for a in e.arguments if isinstance(a, str)]
    functions = {e.function for e in program}
    return Sketch(
        frozenset(columns[argument] for argument in arguments if argument in columns),
        frozenset(_OF_FUNCTION.get(f, f) for f in functions - _JOINS - {*_COMPARISON_OF_FUNCTION}),
        frozenset(_COMPARISON_OF_FUNCTION[f] for f in functions & {*_COMPARISON_OF_FUNCTION}),
    )


def column_of(property_name: str) -> str:
    """Returns a property's column: the views of a column differ in their ends only.

    >>> column_of("r.playing_time-number")
    'r.playing_time'
    """
    return property_name.rpartition("-")[0]


def form_sketch(form: LogicalForm) -> Sketch:
    """Returns the sketch of a logical form, with SEMPRE's names of columns.

    Raises:
        ProgramSyntaxError: the form has an unknown operator, or a superlative of another shape.
    """
    if isinstance(form, str):
        return _symbol(form) or Sketch()
    match form:
        case ("argmax" | "argmin", *_):
            return _superlative(form)
        case ("count", (str(relation), rows)) if relation.startswith("!r."):
            return Sketch.union((_operation("count"), form_sketch(rows)))
        case (("lambda", *_) as function, *arguments):
            parts = [_operation("applied lambda"), *map(form_sketch, (function, *arguments))]
            return Sketch.union(parts)
        case (str(operator), *arguments):
            head = _symbol(operator)
            if head is None:
                raise ProgramSyntaxError(
                    f"use operators of the annotated questions: no operator {operator!r} in "
                    f"{format_form(form)}"
                )
            # The variable of a lambda or a mark is no part of the form's meaning.
            return Sketch.union((head, *map(form_sketch, arguments)))
        case (tuple(), *_):
            return Sketch.union(map(form_sketch, form))
    raise ProgramSyntaxError("write an operator into the empty parentheses")


def _superlative(form: tuple[LogicalForm, ...]) -> Sketch:
    match form:
        case (operator, _, _, rows, "@index"):
            end = "last" if operator == "argmax" else "first"
            return Sketch.union((_operation(end), form_sketch(rows)))
        case (operator, _, _, rows, ("reverse", ("lambda", _, ("count", counted)))):
            often = "most frequent" if operator == "argmax" else "least frequent"
            return Sketch.union((_operation(often), form_sketch(rows), form_sketch(counted)))
        case (operator, _, _, rows, relation):
            end = "greatest" if operator == "argmax" else "least"
            return Sketch.union((_operation(end), form_sketch(rows), form_sketch(relation)))
    raise ProgramSyntaxError(
        f"write {form[0]} as ({form[0]} 1 1 SET RELATION): got {format_form(form)}"
    )


def _operation(name: str) -> Sketch:
    return Sketch(operations=frozenset({name}))


def _symbol(symbol: str) -> Sketch | None:
    """Returns the sketch of a relation or an operator, None for other symbols."""
    relation = _RELATION.fullmatch(symbol)
    if relation is not None:
        column = Sketch(columns=frozenset({relation["name"]}))
        run = [_operation("consecutive")] if relation["consecutive"] else []
        return Sketch.union((column, *run))
    if symbol in _OF_OPERATOR:
        return _operation(_OF_OPERATOR[symbol])
    if symbol in _COMPARISON_OF_OPERATOR:
        return Sketch(comparisons=frozenset({_COMPARISON_OF_OPERATOR[symbol]}))
    return Sketch() if _SILENT.fullmatch(symbol) else None


def relation_columns(table: Table) -> dict[str, str]:
    """Maps SEMPRE's names of a table's columns to the names in `program_sketch`.

    SEMPRE writes a header in small letters without diacritics, with one _ for everything that is
    neither a letter a to z nor a digit, and without a _ at the end; "null" if nothing is left.
    Columns of the same name are numbered from the second: `score`, `score_2`.
    """
    headers = {column_of(p.name): table.header[p.column] for p in table.properties}
    seen: Counter[str] = Counter()
    columns = {}
    for column, header in headers.items():
        name = relation_name(header)
        seen[name] += 1
        columns[name if seen[name] == 1 else f"{name}_{seen[name]}"] = column
    return columns


def relation_name(header: str) -> str:
    """Writes a header as SEMPRE does; see `relation_columns`.

    >>> [relation_name(header) for header in ("Höhe (m)", "% of votes", "№")]
    ['hohe_m', '_of_votes', 'no']
    >>> relation_name("-")
    'null'
    """
    decomposed = unicodedata.normalize("NFKD", header)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).rstrip("_") or "null"
