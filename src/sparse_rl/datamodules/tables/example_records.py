"""Examples and their tables as records of plain values, for Arrow files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from sys import intern
from typing import Any

from sparse_rl.interpreters.tables.answers import Gold, ListAnswer
from sparse_rl.interpreters.tables.cell_answers import CellAnswer
from sparse_rl.interpreters.tables.constants import Constant, ConstantValue
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.typed_answers import SetAnswer
from sparse_rl.interpreters.tables.wording import WORDINGS, WORDS

_ANSWERS: dict[str, type[Any]] = {"list": ListAnswer, "set": SetAnswer, "cells": CellAnswer}


# Columns and constants mix text, numbers and dates, which Arrow's types do not: they are JSON.


def table_records(examples: Iterable[Example]) -> list[dict[str, Any]]:
    """Returns a record of every table of the examples, in the order of their first use."""
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


def table_of(record: Mapping[str, Any]) -> Table:
    """Makes the table of a record."""
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


def example_records(examples: Iterable[Example]) -> list[dict[str, Any]]:
    """Returns a record of every example, with the name of its table."""
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


def example_of(record: Mapping[str, Any], table: Table) -> Example:
    """Makes the example of a record; equal words of all examples are one object."""
    return Example(
        record["id"],
        record["question"],
        tuple(map(intern, record["tokens"])),
        table,
        tuple(
            Constant(_constant(value), start, end)
            for value, start, end in json.loads(record["constants"])
        ),
        answer_of(record["answer"]),
        tuple(map(intern, record["pos_tags"])),
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


def answer_of(text: str) -> Gold | None:
    """Makes the answer of a record's text."""
    record = json.loads(text)
    if record is None:
        return None
    kind = record.pop("kind")
    answer: Gold = _ANSWERS[kind](**{name: _tuples(values) for name, values in record.items()})
    return answer


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
