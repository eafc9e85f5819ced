"""Readings of tables and questions by language, for training and for `ask`.

A policy must see a table as in its training. WikiSQL's functions know texts and numbers; the
others also dates, second numbers and several views of one column, which an annotator reads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Protocol

from sparse_rl.annotation import annotate_cell, annotate_question
from sparse_rl.annotation.targets import canonical
from sparse_rl.annotation.types import CellTags
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.interpreters.tables.annotated import AnnotatedCell
from sparse_rl.interpreters.tables.answers import Gold
from sparse_rl.interpreters.tables.constants import find_constants
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import WIKISQL_FUNCTIONS, Language
from sparse_rl.interpreters.tables.table import ColumnType, Scalar, StringProperty, Table
from sparse_rl.interpreters.tables.text import tokenize
from sparse_rl.interpreters.tables.typed_answers import SetAnswer

_NUMBER = re.compile(
    r"(?P<sign>[-+\u2212]?)\s?[$€£¥]?\s?"
    r"(?P<digits>(?:\d{1,3}(?:,\d{3})+|0|[1-9]\d*)(?:\.\d+)?|\.\d+)(?P<power>[eE][-+]?\d+)?\s?%?"
)
_MISSING = {"", "-", "–", "—", "?", "n/a", "na", "nan", "none", "null"}


def read_number(text: str) -> int | float | None:
    """Reads a text that is a number as a whole, with a sign, a currency or a percent sign.

    Commas must separate thousands, so that "3,5" is not read as 35; a number with a leading zero
    is a code.

    >>> [read_number(text) for text in ("12,467", "-3.50", "$1,200", "12 %", "3,5", "007")]
    [12467, -3.5, 1200, 12, None, None]
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    digits = match["digits"].replace(",", "")
    if match["power"] or "." in digits:
        number: int | float = float(digits + (match["power"] or ""))
    else:
        number = int(digits)
    return -number if match["sign"] in ("-", "\u2212") else number


class TableReading(Protocol):
    """Conversion of text to tables and examples.

    Attributes:
        annotates: whether questions are annotated, which needs an installed dictionary.
    """

    annotates: bool

    def table(self, name: str, text: TextTable) -> Table:
        """Makes the table that programs run on."""
        ...

    def sources(self, table: Table) -> tuple[int, ...]:
        """Maps each of the table's columns to its column of the text."""
        ...

    def example(self, id_: str, question: str, table: Table, answer: Gold | None) -> Example:
        """Makes an example: a question with its tokens and the constants of its programs."""
        ...


class PlainReading:
    """Reading for WikiSQL's functions: columns of lower-case text or of numbers.

    A column is numeric if all its cells are numbers, apart from marks of a missing value ("-",
    "n/a").
    """

    annotates = False

    def table(self, name: str, text: TextTable) -> Table:
        columns = [[row[column] for row in text.rows] for column in range(len(text.header))]
        read = [_numbers(column) for column in columns]
        types: list[ColumnType] = ["text" if numbers is None else "real" for numbers in read]
        cells: list[Sequence[Scalar | None]] = [
            column if numbers is None else numbers
            for column, numbers in zip(columns, read, strict=True)
        ]
        header = [name.strip() for name in text.header]
        return Table(name, header, types, list(zip(*cells, strict=True)))

    def sources(self, table: Table) -> tuple[int, ...]:
        return tuple(range(len(table.header)))

    def example(self, id_: str, question: str, table: Table, answer: Gold | None) -> Example:
        tokens = tokenize(question)
        constants = find_constants(question, tokens, table, alternatives=False)
        return Example(id_, question, tuple(t.text for t in tokens), table, constants, answer)


def _numbers(cells: Sequence[str]) -> list[int | float | None] | None:
    """Numbers of a column; None if it has none, or other text."""
    known = [cell for cell in cells if cell.strip().lower() not in _MISSING]
    if not known or any(read_number(cell) is None for cell in known):
        return None
    return [read_number(cell) for cell in cells]


class AnnotatedReading:
    """Reading for WikiTableQuestions' functions: text, numbers, second numbers and dates.

    A cell that is a number as a whole keeps its sign, which CoreNLP's annotation drops.
    """

    annotates = True

    def table(self, name: str, text: TextTable) -> Table:
        cells = [[self._cell(cell) for cell in row] for row in text.rows]
        return Table.annotated(name, text.header, cells)

    def _cell(self, text: str) -> AnnotatedCell:
        number = read_number(text)
        return annotated_cell(text, annotate_cell(text), number)

    def sources(self, table: Table) -> tuple[int, ...]:
        # Every column has a text view, and it comes first.
        begins = (isinstance(property_, StringProperty) for property_ in table.properties)
        return tuple(count - 1 for count in accumulate(map(int, begins)))

    def example(
        self,
        id_: str,
        question: str,
        table: Table,
        answer: Gold | None,
        pos_tags: tuple[str, ...] | None = None,
    ) -> Example:
        """Makes an example; POS tags are our annotator's unless given."""
        tokens = tokenize(question)
        return Example(
            id_,
            question,
            tuple(token.text for token in tokens),
            table,
            find_constants(question, tokens, table),
            answer,
            annotate_question(question).pos_tags if pos_tags is None else pos_tags,
        )


def annotated_cell(text: str, tags: CellTags, number: float | None = None) -> AnnotatedCell:
    """Makes a cell with its annotation; `number` replaces the annotated one."""
    return AnnotatedCell(
        text, tags.number if number is None else float(number), tags.num2, tags.date, tags.list
    )


def typed_answer(items: Sequence[str]) -> SetAnswer:
    """Types an answer's items: each with the number or date that our annotator reads in it."""
    return SetAnswer(tuple(items), tuple(canonical(item)[0] for item in items))


PLAIN = PlainReading()
ANNOTATED = AnnotatedReading()


def reading_of(language: Language) -> TableReading:
    """Returns the reading of a language's data modules, by the package's functions in it."""
    builtin = {function for function in language.functions if not function.own}
    return PLAIN if builtin <= set(WIKISQL_FUNCTIONS) else ANNOTATED
