"""What the words of a question say for and against a program, beside the policy's probability.

A policy that was trained on generated questions attends to the wrong word of a question that is
unlike them, and then takes a column that nothing in the question names. These features count such
things; `ranking` weighs them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property

from sparse_rl.asking.column_kinds import column_kinds, meant_kinds
from sparse_rl.asking.found_programs import AnswerGroup
from sparse_rl.asking.header_names import is_named
from sparse_rl.asking.question_cues import FUNCTIONS, cues
from sparse_rl.asking.question_words import places_of, used_and_unused
from sparse_rl.asking.tables import OpenTable
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.program import Expression, Program
from sparse_rl.interpreters.tables.text import STOP_WORDS

EVIDENCE = (
    "probability",
    "named",
    "no_column",
    "unnamed",
    "ignored",
    "meant",
    "not_meant",
    "meant_elsewhere",
    "used",
    "unused",
    "steps",
    *(f"{sign}_{name.replace(' ', '_')}" for name in FUNCTIONS for sign in ("missing", "extra")),
    "wrong_end",
    "missing_date",
    "extra_date",
    "number_for_name",
    "text_for_quantity",
    "missing_not",
    "extra_not",
)
"""Names of the features."""
_LEAST = 1e-6
"""Added to probabilities, for their logarithms."""
_MOST = 3
"""Words and constants that make a difference."""
_GREATEST, _LEAST_OF = ("argmax", "maximum"), ("argmin", "minimum")
_YEARS = (1500, 2100)
_SAMPLE = 50
"""Cells that show whether a column has years."""
_SETS = ("filter_in", "filter_not_in")


class Evidence:
    """Features of the answers to one question.

    Args:
        opened: the table.
        example: the question.
    """

    def __init__(self, opened: OpenTable, example: Example) -> None:
        self._opened, self._example = opened, example
        self._cues = cues(example.question)

    def of(self, group: AnswerGroup) -> Mapping[str, float]:
        """Features of an answer, of the most probable of its programs.

        - probability: logarithm of the probability of all its programs.
        - named: whether the question has a word of the column that the program asks for; a half for
          a program that asks for none, for which no_column is 1.
        - unnamed: number of compared columns of which the question has no word.
        - ignored: words of the question that name columns, none of which the program has.
        - meant: kinds of columns that words mean ("how heavy", "who") and the program has;
          not_meant: whether the column that it asks for is of another kind; meant_elsewhere: kinds
          that words mean and only other columns have.
        - used, unused: constants of the question that it uses, and does not.
        - steps: its expressions.
        - missing_…, extra_…: whether the question asks for an operation, a date or the opposite and
          the program does not do it, or the reverse.
        - wrong_end: whether it takes the other end of an order than "cheapest" or "latest" says.
        - number_for_name, text_for_quantity: whether "who" is answered by a number, "how much" by a
          text.
        """
        program = group.programs[0].program
        opened = self._opened
        used, unused = used_and_unused(program, self._example)
        taken = places_of(used)
        free = [word for place, word in enumerate(self._example.tokens) if place not in taken]
        column = opened.last_column(program[-1])
        asked = None if column is None else opened.sources[column]
        named = 0.5 if asked is None else float(is_named(self._headers[asked], free))
        return {
            "probability": math.log(group.mass + _LEAST),
            "named": named,
            "no_column": float(asked is None),
            "unnamed": float(
                sum(not is_named(self._headers[place], free) for place in self._compared(program))
            ),
            "ignored": float(min(self._ignored(program, free), _MOST)),
            **self._meant(program, asked, free),
            "used": float(len({(c.start, c.end) for c in used})),
            "unused": float(min(len(unused), _MOST)),
            "steps": float(len(program)),
            **self._operations(program),
            "wrong_end": float(any(map(self._is_other_end, program))),
            **self._kinds(asked),
        }

    @cached_property
    def _headers(self) -> list[str]:
        return self._opened.text.header

    @cached_property
    def _naming(self) -> Mapping[str, frozenset[int]]:
        """Columns that words of the question name."""
        words = {w for w in self._example.tokens if w.isalpha() and w not in STOP_WORDS}
        return {
            word: frozenset(p for p, h in enumerate(self._headers) if is_named(h, [word]))
            for word in words
        }

    @cached_property
    def _views(self) -> Mapping[int, frozenset[str]]:
        """Types that the columns are read as."""
        opened = self._opened
        return {
            source: frozenset(
                opened.table.types[place] for place, of in enumerate(opened.sources) if of == source
            )
            for source in set(opened.sources)
        }

    def _compared(self, program: Program) -> set[int]:
        opened = self._opened
        return {
            opened.sources[column]
            for expression in program[:-1]
            if expression.function not in _SETS
            for column in opened.named_columns(expression)
        }

    def _ignored(self, program: Program, free: list[str]) -> int:
        opened = self._opened
        has = {opened.sources[c] for e in program for c in opened.named_columns(e)}
        named = (self._naming.get(word, frozenset()) for word in set(free))
        return sum(bool(columns) and not columns & has for columns in named)

    def _meant(self, program: Program, asked: int | None, free: list[str]) -> dict[str, float]:
        opened = self._opened
        meant = meant_kinds(free)
        has = {opened.sources[c] for e in program for c in opened.named_columns(e)}
        found = self._kinds_of(has)
        elsewhere = self._kinds_of(set(range(len(self._headers))) - has) - found
        kinds = frozenset() if asked is None else column_kinds(self._headers[asked])
        return {
            "meant": float(len(meant & found)),
            "not_meant": float(bool(kinds) and not kinds & meant),
            "meant_elsewhere": float(len(meant & elsewhere)),
        }

    def _kinds_of(self, columns: set[int]) -> frozenset[str]:
        return frozenset(kind for c in columns for kind in column_kinds(self._headers[c]))

    def _operations(self, program: Program) -> dict[str, float]:
        functions = {expression.function for expression in program}
        found = {}
        for name, meant in FUNCTIONS.items():
            cued, done = name in self._cues, bool(functions & meant)
            key = name.replace(" ", "_")
            found[f"missing_{key}"] = float(cued and not done)
            found[f"extra_{key}"] = float(done and not cued)
        empty = any(argument == ("",) for e in program for argument in e.arguments)
        excludes = "filter_not_in" in functions
        found["missing_not"] = float("not" in self._cues and not (excludes or empty))
        found["extra_not"] = float(excludes and "not" not in self._cues)
        return found

    def _is_other_end(self, expression: Expression) -> bool:
        """Whether an extreme is the opposite of what the question's words say."""
        column = self._opened.last_column(expression)
        upper = expression.function in _GREATEST
        if column is None or not (upper or expression.function in _LEAST_OF):
            return False
        high, low = ("latest", "earliest") if self._is_time(column) else ("greatest", "least")
        said = {high, low} & self._cues
        return said == ({low} if upper else {high})

    def _is_time(self, column: int) -> bool:
        """Whether a column has dates, or numbers that are years."""
        table = self._opened.table
        if table.types[column] == "date":
            return True
        numbers = [c for c in table.columns[column][:_SAMPLE] if isinstance(c, (int, float))]
        return bool(numbers) and all(n % 1 == 0 and _YEARS[0] < n < _YEARS[1] for n in numbers)

    def _kinds(self, asked: int | None) -> dict[str, float]:
        views = self._views.get(asked, frozenset()) if asked is not None else frozenset()
        is_date, is_number = "date" in views, "real" in views and "date" not in views
        return {
            "missing_date": float("date" in self._cues and not is_date),
            "extra_date": float(is_date and "date" not in self._cues),
            "number_for_name": float("name" in self._cues and is_number),
            "text_for_quantity": float(
                "quantity" in self._cues and asked is not None and not (is_number or is_date)
            ),
        }
