"""WikiSQL's questions in the folder format of people's own tables, for the full language."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sparse_rl.datamodules.everyday.programs import Comparator, Filter, Intent, programs_of
from sparse_rl.datamodules.everyday.queries import HOLDS
from sparse_rl.datamodules.tables.reading import ReadTable, reading_of
from sparse_rl.datamodules.tables.table_files import read_table_file
from sparse_rl.datamodules.tables.wikisql_format import (
    AGGREGATES,
    WikiSQLQuestion,
    read_questions,
    read_tables,
)
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.progress import in_sight

_SHAPES = dict(
    zip(AGGREGATES, ("hop", "maximum", "minimum", "count", "sum", "average"), strict=True)
)
_RELATIONS: tuple[Comparator, ...] = ("eq", "gt", "lt")


def write_wikisql(
    rng: random.Random, source: Path, split: str, root: Path, number: int, language: Language
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Writes tables of WikiSQL as CSV; yields questions on them with their programs.

    A question stays out if the full language cannot say its SQL with the question's own constants.

    Args:
        rng: chooses the questions.
        source: folder of WikiSQL's files.
        split: split of WikiSQL.
        root: folder of the tables.
        number: questions to draw from; 0 for none.
        language: language of the programs.
    """
    if not number:
        return
    tables = read_tables(source / f"{split}.tables.jsonl")
    questions = read_questions(source / f"{split}.jsonl", split, tables)
    chosen = rng.sample(questions, min(number, len(questions)))
    reading = reading_of(language)
    known: dict[str, ReadTable | None] = {}
    for question in in_sight(chosen, f"reading WikiSQL's {split}", "questions"):
        name = f"wikisql-{question.table_id}.csv"
        if name not in known:
            _write(tables[question.table_id], root / name)
            try:
                known[name] = reading.read(name, read_table_file(root / name))
            except DataError:
                known[name] = None  # A table of one row, or of headers alone.
        read = known[name]
        intent = _intent(question, tables[question.table_id])
        if read is None or intent is None or len(read.text.rows) != _size(tables, question):
            continue  # A row that was read as a total or a note.
        example = read.example(question.id, question.text)
        found = programs_of(intent, read, example, language)
        if found is not None:
            programs, answer = found
            id_ = f"wikisql-{question.id}"
            asked = {"id": id_, "question": question.text, "table": name, "answer": answer}
            yield asked, {"id": id_, "programs": programs}


def _write(table: Table, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.header)
        writer.writerows(zip(*(map(_text, column) for column in table.columns), strict=True))


def _text(cell: Any) -> str:
    return "" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell)


def _size(tables: dict[str, Table], question: WikiSQLQuestion) -> int:
    return len(tables[question.table_id].columns[0])


def _intent(question: WikiSQLQuestion, table: Table) -> Intent | None:
    query = question.query
    if query is None:
        return None
    filters = []
    for column, relation, value in query.conditions:
        is_number = table.types[column] == "real"
        name = _RELATIONS[relation]
        try:
            wanted: Any = float(value) if is_number else str(value).lower()
        except ValueError:
            return None
        cells = [c if is_number or c is None else str(c).lower() for c in table.columns[column]]
        rows = sum(
            1 << row
            for row, cell in enumerate(cells)
            if cell is not None and HOLDS[name](cell, wanted)
        )
        filters.append(Filter(column, name, rows, wanted if is_number else None))
    shape = _SHAPES[AGGREGATES[query.aggregate]]
    return Intent(shape, tuple(filters), None if shape == "count" else query.select)
