"""Reads a user's own questions: TSV or JSONL files of id, question, table and answer.

Readers yield errors and go on; `strict` stops at the first.
"""

from __future__ import annotations

import csv
import io
import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sparse_rl.annotation.tsv import entries, items, lines, unescape
from sparse_rl.datamodules.tables import spreadsheets
from sparse_rl.datamodules.tables.question_text import check_question, parse_json
from sparse_rl.datamodules.tables.text_files import read_text
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.wording import CELLS

_NEEDED = ("question", "table")
_OTHERS = (".csv", ".json", ".parquet", *spreadsheets.SUFFIXES)


@dataclass(frozen=True)
class OwnQuestion:
    """A question with its answer.

    Attributes:
        id: unique in its file; by default the file's stem and the line.
        text: the question as written.
        table: path of the table, relative to the data's folder.
        answer: items as written, numbers of JSON as numbers; None if unknown.
        where: file, line and id, for errors.
    """

    id: str
    text: str
    table: str
    answer: tuple[str | float, ...] | None
    where: str = field(compare=False, repr=False)


def questions_path(root: Path, name: str) -> Path:
    """Path of a split's file: as named, or with `.tsv` or `.jsonl` appended."""
    if Path(name).suffix in (".tsv", ".jsonl"):
        return root / name
    paths = [root / name, root / f"{name}.tsv", root / f"{name}.jsonl"]
    return next((path for path in paths if path.is_file()), paths[1])


def read_questions(root: Path, path: Path) -> Iterator[OwnQuestion | DataError]:
    """Reads the questions of a file in its order."""
    if path.suffix.lower() in _OTHERS:
        yield DataError(f"save the questions as .jsonl, or as .tsv with tabs: cannot read {path}")
        return
    if not root.is_dir():
        yield DataError(f"point --data.root to the folder of the data: no folder {root}")
        return
    if not path.is_file():
        yield DataError(
            "write the questions of the split to this file or a .jsonl file, or name one file for "
            f"all splits with --data.questions: no file {path}"
        )
        return
    numbered = _json_lines(path) if path.suffix == ".jsonl" else _tsv_lines(path)
    seen: set[str] = set()
    for entry in numbered:
        if isinstance(entry, DataError):
            yield entry
            continue
        number, record = entry
        given = record.get("id")
        id_ = f"{path.stem}-{number}" if given in (None, "") else str(given)
        where = f"({path}, line {number}, id {id_})"
        if not id_.isprintable():
            yield DataError(
                f"write the id without tabs and line ends: {id_!r} ({path}, line {number})"
            )
            continue
        if id_ in seen:
            yield DataError(f"give every question its own id {where}")
        seen.add(id_)
        missing = [name for name in _NEEDED if not str(record[name]).strip()]
        if missing:
            yield DataError(f"write the {' and the '.join(missing)}: empty {where}")
        elif not (root / record["table"]).is_file():
            yield DataError(f"put this table there: no file {root / record['table']} {where}")
        else:
            try:
                check_question(record["question"], CELLS)
            except DataError as error:
                yield DataError(f"{error} {where}")
                continue
            yield OwnQuestion(id_, record["question"], record["table"], record["answer"], where)


def _tsv_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]] | DataError]:
    quoted = _unquoted(path)
    for entry in entries(path, _NEEDED) if quoted is None else quoted:
        if isinstance(entry, DataError):
            yield entry
            continue
        number, record = entry
        answer = record.get("answer")
        texts = {name: unescape(record[name]) for name in ("id", *_NEEDED) if name in record}
        yield number, {**texts, "answer": items(answer) if answer else None}


def _unquoted(path: Path) -> list[tuple[int, dict[str, str]]] | None:
    """Reads a file with quoted fields, as spreadsheets write it.

    None if no field begins with a quote, or one of them does not close: then quotes are text.
    """
    try:
        text = read_text(path)
    except DataError:  # Reported with its line by the other reader.
        return None
    if not re.search(r'(?:^|[\t\n])"', text):
        return None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t", strict=True)
    try:
        numbered = [(reader.line_num, row) for row in reader if row]
    except csv.Error:
        return None
    names = numbered[0][1]
    if not set(_NEEDED) <= set(names) or any(len(row) != len(names) for _, row in numbered):
        return None
    return [(number, dict(zip(names, row, strict=True))) for number, row in numbered[1:]]


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]] | DataError]:
    try:
        for number, line in lines(path):
            if not line.strip():
                continue
            try:
                yield number, _checked(parse_json(line))
            except DataError as error:
                yield DataError(f"{error} ({path}, line {number})")
            except (ValueError, RecursionError) as error:
                yield DataError(f"fix this line: {error} ({path}, line {number})")
    except DataError as error:
        yield error


def _checked(record: Any) -> dict[str, Any]:
    """Checks a JSON line; returns it with its answer as texts.

    Raises:
        ValueError: the line has another form.
    """
    wrong = [
        n for n in _NEEDED if not isinstance(record, dict) or not isinstance(record.get(n), str)
    ]
    if wrong:
        raise ValueError(f"write {' and '.join(wrong)} as text")
    id_ = record.get("id")
    if isinstance(id_, bool) or not isinstance(id_, str | int | float | None):
        raise ValueError(f"write the id as a text or a number, not {id_!r:.80}")
    answer = record.get("answer")
    values = answer if isinstance(answer, list) else [answer]
    if any(isinstance(v, bool) or not isinstance(v, (str, int, float, type(None))) for v in values):
        raise ValueError(
            f"write the answer as a text, a number, or a list of these, not {answer!r:.80}"
        )
    if any(isinstance(value, float) and not math.isfinite(value) for value in values):
        raise ValueError(f"write the answer as a text or a finite number, not {answer!r:.80}")
    known = tuple(value for value in values if value is not None)
    return {**record, "answer": known or None}


def parts_of_splits(
    parts: Sequence[str], shares: Mapping[str, float], seed: int, kind: str = "tables"
) -> dict[str, frozenset[str]]:
    """Divides tables or questions: at least one if the share is above 0, the rest to the first.

    >>> parts = parts_of_splits(["a", "b", "c", "d"], {"train": 0.5, "dev": 0.25, "test": 0.25}, 0)
    >>> {split: len(names) for split, names in parts.items()}
    {'train': 2, 'dev': 1, 'test': 1}

    Args:
        parts: names of tables, or ids of questions.
        shares: share of each split.
        seed: seed of the division.
        kind: what the parts are, for the error.

    Raises:
        DataError: there are fewer parts than splits.
    """
    left = sorted(set(parts))
    if len(left) < len(shares):
        other = ", or set data.divide to questions" if kind == "tables" else ""
        raise DataError(
            f"give the questions {len(shares)} {kind} at least{other}, or a file for each split: "
            f"{len(left)} {kind} cannot be divided"
        )
    random.Random(seed).shuffle(left)
    first, *others = shares
    total = len(left)
    found: dict[str, frozenset[str]] = {}
    for split in others:
        size = max(1, round(shares[split] * total))
        size = min(size, len(left) - (len(shares) - 1 - len(found)))
        found[split], left = frozenset(left[:size]), left[size:]
    return {first: frozenset(left), **found}
