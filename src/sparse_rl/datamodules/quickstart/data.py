"""Generates tables, questions and gold SQL in WikiSQL's release format, for a first run.

The data are synthetic: names are composed of syllables, sentences of the templates in `domains`
and `phrases`. They are regular and hardly ambiguous on purpose, so that a small policy learns them
in minutes; scores show that a set-up works, not how good a method is. No name is used twice, so
splits share neither tables nor names. As in real data, a small share of the questions has a right
gold SQL that no program can reach from the question's words.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparse_rl.datamodules.quickstart.phrases import Phrasing
from sparse_rl.datamodules.quickstart.random_tables import (
    EQUAL,
    Condition,
    GeneratedQuery,
    GeneratedTable,
    Names,
    draw_query,
    draw_table,
)
from sparse_rl.errors import DataError
from sparse_rl.folders import complete_file


@dataclass(frozen=True)
class Size:
    """Numbers of tables and questions of a split."""

    tables: int
    questions: int


SIZES: Mapping[str, Size] = {"train": Size(220, 3300), "dev": Size(25, 300), "test": Size(30, 400)}
# Fewer only if too few texts of the tables stand in a single row.
UNANSWERABLE_SHARE = 0.04

# Weights of the program shapes: final function and number of conditions. As in WikiSQL, most
# questions look up a cell; other functions are more frequent than there, to be learnt in time.
SHAPES = {
    ("hop", 0): 2, ("hop", 1): 34, ("hop", 2): 13, ("hop", 3): 4,
    ("count", 0): 1, ("count", 1): 9, ("count", 2): 4, ("count", 3): 1,
    ("maximum", 0): 2, ("maximum", 1): 4, ("maximum", 2): 1,
    ("minimum", 0): 2, ("minimum", 1): 4, ("minimum", 2): 1,
    ("sum", 0): 1, ("sum", 1): 4, ("sum", 2): 1,
    ("average", 0): 1, ("average", 1): 4, ("average", 2): 1,
}  # fmt: skip
_ATTEMPTS = 500
_TRIES_PER_SHAPE = 40


def generate(root: Path, seed: int = 0, sizes: Mapping[str, Size] = SIZES) -> None:
    """Writes `{split}.jsonl` and `{split}.tables.jsonl` of every split into `root`.

    The bytes depend on the arguments alone. The train split comes last, so its size does not
    change the others.

    Args:
        root: folder, made if missing; files of these names are replaced.
        seed: seed of all tables and questions.
        sizes: tables and questions per split.

    Raises:
        DataError: a size is not positive, or a table has too few different questions.
    """
    names = Names()
    root.mkdir(parents=True, exist_ok=True)
    for split in sorted(sizes, key=lambda split: (split == "train", split)):
        size = sizes[split]
        if size.tables < 1 or size.questions < 1:
            raise DataError(f"ask for at least one table and one question: {split} has {size}")
        rng = random.Random(f"{seed}/{split}")
        tables = [draw_table(rng, names, f"{split}-{index}") for index in range(size.tables)]
        _write(root / f"{split}.tables.jsonl", (table.record() for table in tables))
        _write(root / f"{split}.jsonl", _questions(rng, tables, size.questions))


def _write(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    with complete_file(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


_Asked = tuple[str, GeneratedQuery]
_Draw = Callable[[random.Random, GeneratedTable], "_Asked | None"]


def _questions(
    rng: random.Random, tables: list[GeneratedTable], count: int
) -> list[dict[str, Any]]:
    """Draws `count` questions, spread evenly over the tables, no text twice on a table."""
    turns = [tables[index * len(tables) // count] for index in range(count)]
    able = [index for index, table in enumerate(turns) if _single_texts(table)]
    share = min(round(count * UNANSWERABLE_SHARE), len(able))
    unanswerable = set(rng.sample(able, share))
    asked: set[tuple[str, str]] = set()
    records = []
    for index, table in enumerate(turns):
        # A table with few texts may run out of unanswerable questions; then an answerable one.
        draws = (_unanswerable, _answerable) if index in unanswerable else (_answerable,)
        text, query = _new_question(rng, table, draws, asked)
        asked.add((table.id, text))
        record = {"phase": 1, "table_id": table.id, "question": text, "sql": query.record()}
        records.append(record)
    return records


def _new_question(
    rng: random.Random,
    table: GeneratedTable,
    draws: tuple[_Draw, ...],
    asked: set[tuple[str, str]],
) -> _Asked:
    for draw in draws:
        for _ in range(_ATTEMPTS):
            drawn = draw(rng, table)
            if drawn is not None and (table.id, drawn[0]) not in asked:
                return drawn
    raise DataError(f"ask for fewer questions per table: {table.id} gives no new ones")


def _answerable(rng: random.Random, table: GeneratedTable) -> _Asked | None:
    function, size = rng.choices(list(SHAPES), list(SHAPES.values()))[0]
    # Draws of long queries fail most often; without several tries they would hardly occur.
    for _ in range(_TRIES_PER_SHAPE):
        query = draw_query(rng, table, function, size)
        if query is not None:
            return Phrasing(rng, table).question(query), query
    return None


def _unanswerable(rng: random.Random, table: GeneratedTable) -> _Asked | None:
    """Draws a question for a text of one row, with none of the row's words.

    So no filter keeps the row, and no program has the answer. The gold SQL names the row; the
    question describes it in a way for which the language has no function.
    """
    select, position = rng.choice(_single_texts(table))
    phrasing = Phrasing(rng, table)
    describe = rng.choice((_misspelled, _initials, _superlative, _neighbour))
    description = describe(rng, table, phrasing, position)
    row = table.rows[position]
    if description is None:
        return None
    text = phrasing.look_up(select, description)
    if _words(text) & _words(" ".join(map(str, row))):
        return None
    return text, GeneratedQuery("hop", select, (Condition(table.key, EQUAL, row[table.key]),))


def _single_texts(table: GeneratedTable) -> list[tuple[int, int]]:
    """Column and row of texts of a single row; not the first, which has no row above it."""
    found = []
    for column in table.texts():
        cells = [row[column] for row in table.rows]
        if column != table.key:
            found += [(column, row) for row in range(1, len(cells)) if cells.count(cells[row]) == 1]
    return found


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _misspelled(
    rng: random.Random, table: GeneratedTable, phrasing: Phrasing, position: int
) -> str | None:
    """The distinctive word of the name with two letters exchanged."""
    name = str(table.rows[position][table.key])
    word = table.part(name) or name
    at = rng.randrange(1, len(word) - 2)
    misspelled = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return None if misspelled == word else misspelled


def _initials(
    rng: random.Random, table: GeneratedTable, phrasing: Phrasing, position: int
) -> str | None:
    """ "DU" for "Dorvale United"."""
    initials = re.findall(r"\b[A-Z]", str(table.rows[position][table.key]))
    return "".join(initials) if len(initials) > 1 else None


def _superlative(
    rng: random.Random, table: GeneratedTable, phrasing: Phrasing, position: int
) -> str | None:
    """ "the club with the highest number of points", if this row has it."""
    row = table.rows[position]
    for column in table.numbers(years=False):
        values = [other[column] for other in table.rows if other is not row]
        if all(float(value) < float(row[column]) for value in values):
            return f"the {phrasing.entity} with the {phrasing.extreme(column, greatest=True)}"
    return None


def _neighbour(
    rng: random.Random, table: GeneratedTable, phrasing: Phrasing, position: int
) -> str | None:
    """Describes the row as the one after a named row."""
    return f"the {phrasing.entity} right after {table.rows[position - 1][table.key]}"
