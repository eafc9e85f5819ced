"""Readings of people's own tables by language, for training and for `ask`.

WikiSQL's functions know texts and numbers; the others also dates, second numbers and several views
of one column. How cells are read, all cells of a column decide: see `annotation.readers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Protocol

from sparse_rl.annotation import annotate_question
from sparse_rl.annotation.cells import parts
from sparse_rl.annotation.readers.answers import AnswerReader
from sparse_rl.annotation.readers.columns import ColumnReading, read_columns
from sparse_rl.annotation.readers.dates import read_date
from sparse_rl.annotation.readers.number_mentions import digit_mentions
from sparse_rl.annotation.readers.questions import Style, question_constants
from sparse_rl.annotation.readers.strangers import not_understood
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.interpreters.tables.annotated import AnnotatedCell, CellViews, cell_views
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import WIKISQL_FUNCTIONS, Language
from sparse_rl.interpreters.tables.table import Cell, ColumnType, StringProperty, Table
from sparse_rl.interpreters.tables.text import each_distinct
from sparse_rl.interpreters.tables.wording import CELLS


class TableReading(Protocol):
    """Conversion of text to tables and examples.

    Attributes:
        annotates: whether questions are annotated, which needs an installed dictionary.
    """

    annotates: bool

    def read(self, name: str, text: TextTable) -> ReadTable:
        """Reads a table.

        Raises:
            DataError: a cell contradicts a user's choice for its column.
        """
        ...


@dataclass(frozen=True)
class ReadTable:
    """A user's own table as read.

    Attributes:
        text: table as text.
        columns: how each column of the text is read.
        table: table that programs run on.
        annotates: whether examples have POS tags.
    """

    text: TextTable
    columns: tuple[ColumnReading, ...]
    table: Table
    annotates: bool

    @cached_property
    def style(self) -> Style:
        return Style.of(self.columns)

    @cached_property
    def answers(self) -> AnswerReader:
        return AnswerReader(self.columns, self.text.rows)

    @property
    def sources(self) -> tuple[int, ...]:
        """Maps each of the table's columns to its column of the text."""
        if not self.annotates:
            return tuple(range(len(self.table.header)))
        # Every column has a text view, and it comes first.
        begins = (isinstance(property_, StringProperty) for property_ in self.table.properties)
        return tuple(count - 1 for count in accumulate(map(int, begins)))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was chosen in reading file and columns, a line each."""
        return (*self.text.notes, *(column.line for column in self.columns if column.line))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What contradicts the reading, a line each."""
        return tuple(
            f"column {column.header!r}: {warning}, read as {column.type}"
            for column in self.columns
            for warning in column.warnings
        )

    def example(
        self,
        id_: str,
        question: str,
        answer: Sequence[str | float] | None = None,
        tags: bool = True,
    ) -> Example:
        """Makes an example: a question with its tokens and the constants of its programs.

        Args:
            id_: stable and unique in its dataset.
            question: text of the question.
            answer: gold answer; None if unknown.
            tags: whether its words are tagged, if questions are annotated at all: for languages
                with trigger words.
        """
        tokens = self.table.wording.tokenize(question)
        return Example(
            id_,
            question,
            tuple(token.text for token in tokens),
            self.table,
            question_constants(question, tokens, self.table, self.style, self.annotates),
            None if answer is None else self.answers.answer(answer),
            annotate_question(question).pos_tags if self.annotates and tags else (),
        )

    def not_understood(self, example: Example) -> tuple[str, ...]:
        """Words of a question that look like constants, are part of none, and of no header."""
        tokenize = self.table.wording.tokenize
        headers = {token.text for name in self.text.header for token in tokenize(name)}
        tokens = tokenize(example.question)
        return not_understood(example.question, tokens, example.constants, headers)


class PlainReading:
    """Reading for WikiSQL's functions: a column has text, or numbers (durations in seconds)."""

    annotates = False

    def read(self, name: str, text: TextTable) -> ReadTable:
        columns = read_columns(text.header, text.rows, text.options)
        header = [column.strip() for column in text.header]
        types: list[ColumnType] = []
        found: list[Sequence[Cell | None]] = []
        for place, column in enumerate(columns):
            cells = [row[place] for row in text.rows]
            if column.type in ("number", "duration"):
                types.append("real")
                found.append(each_distinct(column.value, cells))
            else:
                types.append("text")
                found.append([cell.strip() or None for cell in cells])
        table = Table.of_typed(name, header, types, found, len(text.rows), CELLS)
        return ReadTable(text, columns, table, self.annotates)


class AnnotatedReading:
    """Reading for WikiTableQuestions' functions: text, numbers, second numbers and dates.

    A column of numbers or dates has these beside its text. In a column of text a fifth of the cells
    is enough: the first two numbers of a cell, and a cell that is a date.
    """

    annotates = True

    def read(self, name: str, text: TextTable) -> ReadTable:
        columns = read_columns(text.header, text.rows, text.options)
        style = Style.of(columns)
        views = [
            _views(column, [row[place] for row in text.rows], style)
            for place, column in enumerate(columns)
        ]
        table = Table.of_columns(name, text.header, views, len(text.rows), CELLS)
        return ReadTable(text, columns, table, self.annotates)


def _views(column: ColumnReading, cells: Sequence[str], style: Style) -> CellViews:
    if column.type == "text":
        return cell_views(each_distinct(lambda cell: _text_cell(cell, style), cells))
    texts = tuple(each_distinct(lambda cell: cell.strip() or None, cells))
    if column.type == "identifier":
        return CellViews(texts, None, None, None)
    values = each_distinct(column.value, cells)
    if column.type == "date":
        dates = tuple(value if isinstance(value, Date) else None for value in values)
        return CellViews(texts, None, None, dates)
    numbers = tuple(None if isinstance(value, Date) else value for value in values)
    years = None
    if column.years:
        years = tuple(each_distinct(lambda n: None if n is None else Date(int(n)), numbers))
    return CellViews(texts, numbers, None, years)


def _text_cell(text: str, style: Style) -> AnnotatedCell:
    numbers = [m.values[0] for m in digit_mentions(text, style.decimal, style.metres)]
    first, second, *_ = (*numbers, None, None)
    return AnnotatedCell(text, first, second, read_date(text, style.order), parts(text))


PLAIN = PlainReading()
ANNOTATED = AnnotatedReading()


def reading_of(language: Language) -> TableReading:
    """Returns the reading of a language's data modules, by the package's functions in it."""
    builtin = {function for function in language.functions if not function.own}
    return PLAIN if builtin <= set(WIKISQL_FUNCTIONS) else ANNOTATED
