"""The benchmarks' own reading of questions and cells, which results are compared by.

WikiSQL's tables say which columns are numbers, WikiTableQuestions' have CoreNLP's annotation of
2015. People's own tables are read by `reading`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sparse_rl.annotation import annotate_question
from sparse_rl.annotation.readers.other_names import other_names
from sparse_rl.annotation.targets import canonical
from sparse_rl.annotation.types import CellTags
from sparse_rl.interpreters.tables.annotated import AnnotatedCell
from sparse_rl.interpreters.tables.answers import Gold
from sparse_rl.interpreters.tables.constants import distinct, find_constants
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.text import tokenize
from sparse_rl.interpreters.tables.typed_answers import SetAnswer


def wikisql_example(id_: str, question: str, table: Table, answer: Gold | None) -> Example:
    """Makes an example for WikiSQL's functions."""
    tokens = tokenize(question)
    constants = find_constants(question, tokens, table, alternatives=False)
    return Example(id_, question, tuple(t.text for t in tokens), table, constants, answer)


def wikitables_example(
    id_: str,
    question: str,
    table: Table,
    answer: Gold | None,
    pos_tags: tuple[str, ...] | None = None,
) -> Example:
    """Makes an example of WikiTableQuestions; POS tags are our annotator's unless given."""
    tokens = tokenize(question)
    constants = find_constants(question, tokens, table)
    return Example(
        id_,
        question,
        tuple(token.text for token in tokens),
        table,
        distinct((*constants, *other_names(tokens, constants, table))),
        answer,
        annotate_question(question).pos_tags if pos_tags is None else pos_tags,
    )


def annotated_cell(text: str, tags: CellTags) -> AnnotatedCell:
    """Makes a cell with CoreNLP's annotation."""
    return AnnotatedCell(text, tags.number, tags.num2, tags.date, tags.list)


def typed_answer(items: Sequence[str]) -> SetAnswer:
    """Types an answer's items: each with the number or date that our annotator reads in it."""
    return SetAnswer(tuple(items), tuple(canonical(item)[0] for item in items))
