"""Preprocessed examples as Arrow files: two data sets, the tables and the questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sparse_rl.folders import cached_folder
from sparse_rl.interpreters.tables.answers import Gold, ListAnswer
from sparse_rl.interpreters.tables.cell_answers import CellAnswer
from sparse_rl.interpreters.tables.constants import Constant, ConstantValue
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.typed_answers import SetAnswer
from sparse_rl.interpreters.tables.wording import WORDINGS, WORDS

_ANSWERS: dict[str, type[Any]] = {"list": ListAnswer, "set": SetAnswer, "cells": CellAnswer}


def cached_examples(folder: Path, compute: Callable[[], list[Example]]) -> list[Example]:
    """Reads the examples of `folder`; computes and saves them if it is missing."""
    import datasets  # Late: it is slow to import, and only this function needs it.

    datasets.disable_progress_bars()

    def fill(partial: Path) -> None:
        examples = compute()
        datasets.Dataset.from_list(_table_records(examples)).save_to_disk(partial / "tables")
        datasets.Dataset.from_list(_records(examples)).save_to_disk(partial / "examples")

    cached_folder(folder, fill)
    tables = {
        record["name"]: _table(record)
        for record in datasets.load_from_disk(str(folder / "tables")).to_list()
    }
    return [
        _example(record, tables)
        for record in datasets.load_from_disk(str(folder / "examples")).to_list()
    ]


# Columns and constants mix text, numbers and dates, which Arrow's types do not: they are JSON.


def _table_records(examples: Iterable[Example]) -> list[dict[str, Any]]:
    tables = {example.table.name: example.table for example in examples}
    return [
        {
            "name": name,
            "header": list(table.header),
            "types": list(table.types),
            "properties": [property_.name for property_ in table.properties],
            "columns": json.dumps(table.columns, default=str),
            "size": table.size,
            "unread_numbers": table.unread_numbers,
            "wording": table.wording.name,
        }
        for name, table in tables.items()
    ]


def _table(record: dict[str, Any]) -> Table:
    columns = [
        [c and Date.parse(c) for c in column] if type_ == "date" else column
        for type_, column in zip(record["types"], json.loads(record["columns"]), strict=True)
    ]
    table = Table.of_views(
        record["name"],
        record["header"],
        record["types"],
        record["properties"],
        columns,
        record["size"],
        WORDINGS[record.get("wording", WORDS.name)],
    )
    table.unread_numbers = record["unread_numbers"]
    return table


def _records(examples: Iterable[Example]) -> list[dict[str, Any]]:
    return [
        {
            "id": example.id,
            "question": example.question,
            "tokens": list(example.tokens),
            "table": example.table.name,
            "constants": json.dumps([(_plain(c.value), c.start, c.end) for c in example.constants]),
            "answer": json.dumps(_answer_record(example.answer)),
            "pos_tags": list(example.pos_tags),
        }
        for example in examples
    ]


def _example(record: dict[str, Any], tables: dict[str, Table]) -> Example:
    return Example(
        record["id"],
        record["question"],
        tuple(record["tokens"]),
        tables[record["table"]],
        tuple(
            Constant(_constant(value), start, end)
            for value, start, end in json.loads(record["constants"])
        ),
        _answer(json.loads(record["answer"])),
        tuple(record["pos_tags"]),
    )


def _plain(value: ConstantValue) -> object:
    return {"date": str(value)} if isinstance(value, Date) else value


def _constant(plain: Any) -> ConstantValue:
    if isinstance(plain, dict):
        return Date.parse(plain["date"])
    return tuple(plain) if isinstance(plain, list) else float(plain)


def _answer_record(answer: Any) -> dict[str, Any] | None:
    if answer is None:
        return None
    (kind,) = (kind for kind, class_ in _ANSWERS.items() if isinstance(answer, class_))
    return {"kind": kind, **asdict(answer)}


def _answer(record: dict[str, Any] | None) -> Gold | None:
    if record is None:
        return None
    kind = record.pop("kind")
    answer: Gold = _ANSWERS[kind](**{name: _tuples(values) for name, values in record.items()})
    return answer


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
