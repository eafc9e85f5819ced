"""Reading the public release of WikiTableQuestions: questions, tables, CoreNLP's annotation."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sparse_rl.datamodules.tsv import items, lines, records, unescape
from sparse_rl.interpreters.dates import Date
from sparse_rl.interpreters.errors import DataError

_CONTEXT = re.compile(r"csv/(.+)-csv/(.+)\.(?:csv|tsv)")
_TAGS = ("tokens", "lemmaTokens", "posTags", "nerTags", "nerValues")


@dataclass(frozen=True)
class Annotation:
    """CoreNLP's view of a question, token by token; a value is empty where there is none."""

    tokens: tuple[str, ...]
    lemmas: tuple[str, ...]
    pos_tags: tuple[str, ...]
    ner_tags: tuple[str, ...]
    ner_values: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A line of `data/{split}.tsv`, with its line of the tagged file where there is one.

    Attributes:
        answer: the items as they were written; None where `targetValue` is empty or missing.
        canonical: the number or date that each item stands for, as CoreNLP reads it; None without
            a tagged file.
        where: file, line and id, for errors.
    """

    id: str
    text: str
    context: str
    answer: tuple[str, ...] | None
    annotation: Annotation | None
    canonical: tuple[str, ...] | None
    where: str


@dataclass(frozen=True)
class CellTags:
    """What CoreNLP reads in a cell: its first two numbers, a date, and the items of a list."""

    number: float | None
    num2: float | None
    date: Date | None
    list: tuple[str, ...]


@dataclass(frozen=True)
class RawTable:
    """A table as it was written; `tags` by (row, column) where it has a tagged file."""

    header: list[str]
    rows: list[list[str]]
    tags: dict[tuple[int, int], CellTags] | None


def questions_path(root: Path, split: str) -> Path:
    """The file of a split."""
    return root / "data" / f"{split}.tsv"


def tagged_questions_path(root: Path, split: str) -> Path | None:
    """The annotation of a split; a random split is part of the training questions."""
    names = (split, "training") if split.startswith("random-split-") else (split,)
    paths = (root / "tagged" / "data" / f"{name}.tagged" for name in names)
    return next((path for path in paths if path.is_file()), None)


def table_path(root: Path, context: str) -> Path:
    """The table that a question names; its `.tsv` where the folder has no `.csv` of it."""
    path = root / context
    sibling = path.with_suffix(".tsv")
    return sibling if sibling.is_file() and not path.is_file() else path


def tagged_table_path(root: Path, context: str) -> Path | None:
    """The annotation of a table's cells, if there is one."""
    match = _CONTEXT.fullmatch(context)
    path = root / "tagged" / f"{match[1]}-tagged" / f"{match[2]}.tagged" if match else None
    return path if path is not None and path.is_file() else None


def read_questions(root: Path, split: str) -> list[Question]:
    """Questions of a split in the order of its file.

    Raises:
        DataError: a file is missing or malformed; an id comes twice; the tagged file lacks a
            question, or its lists are not of one length.
    """
    path = questions_path(root, split)
    tagged = tagged_questions_path(root, split)
    tags = dict(_tagged_questions(tagged)) if tagged else {}
    seen: set[str] = set()
    questions = []
    for number, record in records(path, ("id", "utterance", "context")):
        id_, target = record["id"], record.get("targetValue")
        where = f"({path}, line {number}, id {id_})"
        if id_ in seen:
            raise DataError(f"give every question its own id {where}")
        seen.add(id_)
        if tagged and id_ not in tags:
            raise DataError(f"fetch {tagged} again, or remove it: it lacks this question {where}")
        annotation, canonical = tags.get(id_, (None, None))
        answer = items(target) if target else None
        if canonical is not None and answer is not None and len(canonical) != len(answer):
            raise DataError(
                f"mend the answer: {len(answer)} items here and {len(canonical)} in {tagged} "
                f"{where}"
            )
        text = unescape(record["utterance"])
        context = record["context"]
        questions.append(Question(id_, text, context, answer, annotation, canonical, where))
    return questions


def _tagged_questions(
    path: Path,
) -> Iterator[tuple[str, tuple[Annotation, tuple[str, ...] | None]]]:
    for number, record in records(path, ("id", *_TAGS)):
        annotation = Annotation(*(items(record[name]) for name in _TAGS))
        sizes = {name: len(items(record[name])) for name in _TAGS}
        if len(set(sizes.values())) > 1:
            raise DataError(
                f"fetch this file again, the lists differ in length: {sizes} "
                f"({path}, line {number}, id {record['id']})"
            )
        canonical = record.get("targetCanon")
        yield record["id"], (annotation, None if canonical is None else items(canonical))


def read_table(root: Path, context: str) -> RawTable:
    """A table with its annotation.

    Raises:
        DataError: the file is missing, malformed or ragged, or its tagged file is malformed or
            annotates other cells.
    """
    path = table_path(root, context)
    numbered = _csv_rows(path) if path.suffix == ".csv" else _tsv_rows(path)
    header: list[str] | None = None
    rows = []
    for number, row in numbered:
        if header is None:
            header = row
        elif len(row) == len(header):
            rows.append(row)
        else:
            raise DataError(
                f"mend this row: {len(row)} cells under {len(header)} headers "
                f"({path}, line {number})"
            )
    if header is None:
        raise DataError(f"write a line of headers first, the table is empty ({path}, line 1)")
    tagged = tagged_table_path(root, context)
    tags = read_tags(tagged, len(rows), len(header)) if tagged else None
    return RawTable(header, rows, tags)


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows and the last line of each. A quotation mark is escaped by a backslash or doubled."""
    reader = csv.reader((f"{line}\n" for _, line in lines(path)), escapechar="\\", strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise DataError(f"mend the quotes: {error} ({path}, line {reader.line_num})") from None


def _tsv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    for number, line in lines(path):
        if line:
            yield number, [unescape(field) for field in line.split("\t")]


def read_tags(path: Path, rows: int, columns: int) -> dict[tuple[int, int], CellTags]:
    """The annotation of a table's cells by (row, column); the headers' is left out.

    Raises:
        DataError: the file is malformed, or its cells are not those of the table.
    """
    tags = {}
    number = 1
    for number, record in records(path, ("row", "col", "number", "date", "num2", "list")):
        try:
            place = int(record["row"]), int(record["col"])
            cell = CellTags(
                _finite(record["number"]),
                _finite(record["num2"]),
                Date.parse(record["date"]) if record["date"] else None,
                items(record["list"]) if record["list"] else (),
            )
        except ValueError as error:
            raise DataError(f"fetch this file again: {error} ({path}, line {number})") from None
        if not (-1 <= place[0] < rows and 0 <= place[1] < columns):
            raise DataError(
                f"fetch this file again: its table has {rows} rows and {columns} columns, none is "
                f"{place} ({path}, line {number})"
            )
        if place[0] >= 0:
            tags[place] = cell
    if len(tags) != rows * columns:
        raise DataError(
            f"fetch this file again, or remove it: it has {len(tags)} of the table's "
            f"{rows * columns} cells ({path}, line {number})"
        )
    return tags


def _finite(text: str) -> float | None:
    """CoreNLP reads a colour such as #C5E384 as infinity."""
    number = float(text) if text else None
    return number if number is not None and math.isfinite(number) else None
