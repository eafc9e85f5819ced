"""Reads the public release format of WikiSQL and executes its gold SQL."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparse_rl.annotation.tsv import strict
from sparse_rl.datamodules.tables.question_text import check_question, parse_json
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.signature import Answer
from sparse_rl.interpreters.tables.table import Scalar, Table

AGGREGATES = ("", "MAX", "MIN", "COUNT", "SUM", "AVG")
RELATIONS = ("=", ">", "<")

_FIELDS = {"id": str, "header": list, "types": list, "rows": list, "question": str, "table_id": str}

_COMPARE = {"=": operator.eq, ">": operator.gt, "<": operator.lt}
_NUMBER = re.compile(r"[-+]?\d*\.\d+|[-+]?\d+")
_LEADING = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True)
class WikiSQLQuery:
    """WikiSQL's gold SQL: `SELECT agg(sel) FROM table WHERE conds`, indices as in the release."""

    select: int
    aggregate: int
    conditions: tuple[tuple[int, int, Scalar], ...]


@dataclass(frozen=True)
class WikiSQLQuestion:
    """A line of `{split}.jsonl`; its id is its split and line number."""

    id: str
    text: str
    table_id: str
    query: WikiSQLQuery | None


def read_tables(path: Path) -> dict[str, Table]:
    """Reads the tables of a split, by id.

    Raises:
        DataError: the file is missing, a line is not a JSON object of the format, or a row is
        ragged.
    """
    tables = {}
    for table_id, table in table_entries(path):
        if isinstance(table, DataError):
            raise table
        tables[table_id] = table
    return tables


def table_entries(path: Path) -> Iterator[tuple[str, Table | DataError]]:
    """Reads as `read_tables`, with an error in place of every unreadable table.

    The id is empty if the line has none.
    """
    for line, record in _records(path):
        if isinstance(record, DataError):
            yield "", record
            continue
        table_id = str(record.get("id", ""))
        where = _where(path, line, record, "id")
        try:
            yield table_id, _table(record)
        except DataError as error:
            yield table_id, DataError(f"{error} {where}")
        except (TypeError, AttributeError) as error:
            told = f"write header, types and rows as lists: {error} {where}"
            yield table_id, DataError(told)


def _table(record: dict[str, Any]) -> Table:
    _require(record, ("id", "header", "types", "rows"))
    if not set(record["types"]) <= {"text", "real"}:
        raise DataError(f"use the column types text and real, not {record['types']}")
    if not all(isinstance(row, list) for row in record["rows"]):
        raise DataError("write every row as a list of cells")
    header = [name.strip() for name in record["header"]]
    return Table(record["id"], header, record["types"], record["rows"])


def read_questions(path: Path, split: str, tables: Mapping[str, Table]) -> list[WikiSQLQuestion]:
    """Reads the questions of a split and checks them against its tables; `sql` may be absent.

    Raises:
        DataError: as `read_tables`; or a table id is unknown; or the SQL names a column,
            aggregate or relation that does not exist.
    """
    return list(strict(question_entries(path, split, tables)))


def question_entries(
    path: Path, split: str, tables: Mapping[str, Table | DataError]
) -> Iterator[WikiSQLQuestion | DataError]:
    """Reads as `read_questions`, with an error in place of every unreadable question.

    SQL over an unreadable table is not checked.
    """
    for line, record in _records(path):
        if isinstance(record, DataError):
            yield record
            continue
        where = _where(path, line, record, "table_id")
        try:
            yield _question(record, f"{split}-{line}", split, tables)
        except (KeyError, TypeError, ValueError) as error:
            told = f"write sql as {{sel, agg, conds: [[column, relation, value], …]}}: {error!r}"
            yield DataError(f"{told} {where}")
        except DataError as error:
            yield DataError(f"{error} {where}")


def _question(
    record: dict[str, Any], id_: str, split: str, tables: Mapping[str, Table | DataError]
) -> WikiSQLQuestion:
    _require(record, ("question", "table_id"))
    table = tables.get(record["table_id"])
    if table is None:
        raise DataError(f"add the table of this question to {split}.tables.jsonl")
    check_question(record["question"])
    query = None
    if "sql" in record and isinstance(table, Table):
        query = _query(record["sql"], table)
    return WikiSQLQuestion(id_, record["question"], record["table_id"], query)


def missing_file(path: Path) -> DataError:
    """Makes the error for a missing file of the release."""
    return DataError(
        f"put {path.name} into {path.parent}, or point --data.root to a folder in WikiSQL's "
        f"format: no file {path}"
    )


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any] | DataError]]:
    if not path.is_file():
        yield 0, missing_file(path)
        return
    # As bytes, so that a line that is not UTF-8 is reported with its number.
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            where = f"({path}, line {number})"
            try:
                record = parse_json(line)
            except DataError as error:
                yield number, DataError(f"{error} {where}")
                continue
            except (ValueError, RecursionError) as error:
                told = f"fix or delete this line, it is not JSON: {error} {where}"
                yield number, DataError(told)
                continue
            is_object = isinstance(record, dict)
            yield number, record if is_object else DataError(f"write a JSON object {where}")


def _where(path: Path, line: int, record: dict[str, Any], key: str) -> str:
    id_ = f", {key} {record[key]!s:.80}" if key in record else ""
    return f"({path}, line {line}{id_})"


def _require(record: dict[str, Any], keys: tuple[str, ...]) -> None:
    missing = [key for key in keys if key not in record]
    if missing:
        raise DataError(f"add the field(s) {missing}")
    for key in keys:
        wanted = _FIELDS[key]
        if not isinstance(record[key], wanted):
            raise DataError(f"write {key} as a {wanted.__name__}, not {record[key]!r:.80}")


def _query(sql: dict[str, Any], table: Table) -> WikiSQLQuery:
    conditions = tuple((_index(c), _index(o), _value(v)) for c, o, v in sql["conds"])
    query = WikiSQLQuery(_index(sql["sel"]), _index(sql["agg"]), conditions)
    columns = [query.select, *(column for column, _, _ in conditions)]
    for what, indices, size in (
        ("column", columns, len(table.header)),
        ("aggregate", [query.aggregate], len(AGGREGATES)),
        ("relation", [relation for _, relation, _ in conditions], len(RELATIONS)),
    ):
        for index in indices:
            if not 0 <= index < size:
                raise DataError(f"fix the SQL: no {what} {index}, there are {size}")
    return query


def _index(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is not an index")
    return value


def _value(value: object) -> Scalar:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise TypeError(f"{value!r} is neither text nor a number")
    return value


def execute(query: WikiSQLQuery, table: Table) -> Answer:
    """Computes the gold answer: the query's result by the rules of the release's evaluation.

    Text is compared in lower case, real columns as numbers; a text value of a condition on a real
    column is read as the number it contains. The result is a list in row order.
    """
    rows = [
        row
        for row in range(table.size)
        if all(
            _holds(table, column, RELATIONS[relation], value, row)
            for column, relation, value in query.conditions
        )
    ]
    values = [v for row in rows if (v := table.columns[query.select][row]) is not None]
    aggregate = AGGREGATES[query.aggregate]
    if aggregate == "":
        return tuple(values)
    if aggregate == "COUNT":
        return (len(values),)
    if not values:
        return ()
    if aggregate in ("MAX", "MIN"):
        return ((max if aggregate == "MAX" else min)(values),)
    numbers = [_leading_number(value) for value in values]
    total = sum(numbers)
    return (total if aggregate == "SUM" else total / len(numbers),)


def _holds(table: Table, column: int, relation: str, value: Scalar, row: int) -> bool:
    cell = table.columns[column][row]
    if cell is None:
        return False
    if table.types[column] == "text":
        return bool(_COMPARE[relation](cell, str(value).strip().lower()))
    if isinstance(value, str):
        match = _NUMBER.search(value.replace(",", ""))
        if match is None:
            return False
        value = float(match.group())
    return bool(_COMPARE[relation](cell, value))


def _leading_number(value: Scalar) -> float:
    """Converts text as SQL does: to the number it begins with, or 0."""
    if not isinstance(value, str):
        return value
    match = _LEADING.match(value)
    return float(match.group()) if match else 0.0
