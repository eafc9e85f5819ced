"""Random programs by the interpreter, by sqlite and by DuckDB: counts where the answers differ.

    python benchmarks/sql_agreement.py --wikisql FOLDER --wikitables FOLDER --cases FOLDER

Tables are imported as their files have them, every cell as text, by the statements of
`ImportedTable.script`; the query is `to_sql`'s, and nothing else is added to the database. A third
of the programs each is for WikiSQL, WikiTableQuestions and other files (every .csv below `--cases`,
by both readings, with questions made of their cells), eight for every question drawn. A program
without a query is counted apart. Prints the first disagreements of every kind and one JSON object
as its last line; the exit status is 1 if an answer differs.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import accumulate, islice
from pathlib import Path
from typing import NamedTuple

import duckdb

from sparse_rl.asking.tables import open_table
from sparse_rl.datamodules.tables.benchmark_reading import wikisql_example, wikitables_example
from sparse_rl.datamodules.tables.reading import ANNOTATED, PLAIN
from sparse_rl.datamodules.tables.wikisql_format import read_questions, read_tables
from sparse_rl.datamodules.tables.wikitablequestions import annotated_table
from sparse_rl.datamodules.tables.wikitablequestions_format import read_questions as wtq_questions
from sparse_rl.datamodules.tables.wikitablequestions_tables import read_table
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.answers import same_answer
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language, wikisql_language, wtq_language
from sparse_rl.interpreters.tables.program import Program, format_program, run_program
from sparse_rl.interpreters.tables.sql import Connection, run_sql, to_sql
from sparse_rl.interpreters.tables.sql_cells import NoSQLError
from sparse_rl.interpreters.tables.sql_import import ImportedTable
from sparse_rl.interpreters.tables.table import Scalar, StringProperty
from sparse_rl.interpreters.tables.table_world import TableWorld

PROGRAMS = 8
SHOWN = 5


class Question(NamedTuple):
    """Question about a table, and the table in a database."""

    kind: str
    example: Example
    language: Language
    imported: ImportedTable


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares the interpreter with two databases.")
    parser.add_argument("--wikisql", type=Path, required=True, help="folder in WikiSQL's format")
    parser.add_argument("--wikitables", type=Path, required=True, help="WikiTableQuestions")
    parser.add_argument("--cases", type=Path, required=True, help="folder of other tables")
    parser.add_argument("--programs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    sources = (
        wikisql(options.wikisql, rng),
        wikitables(options.wikitables, rng),
        cases(options.cases, rng),
    )
    in_turn = (question for questions in zip(*sources, strict=False) for question in questions)
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    compared = (found for question in in_turn for found in compare(question, rng))
    for kind, outcomes, told in islice(compared, options.programs):
        counts.update(("programs", f"programs, {kind}", *outcomes))
        for outcome in outcomes:
            if not outcome.endswith("agrees"):
                kinds[f"{outcome}, {kind}"] += 1
                if kinds[f"{outcome}, {kind}"] <= SHOWN:
                    print(f"{outcome}, {kind}\n{told}\n", file=sys.stderr)
    print(json.dumps({"kinds": kinds, **counts}))
    sys.exit(any(kinds.values()))


def compare(question: Question, rng: random.Random) -> Iterator[tuple[str, list[str], str]]:
    """Runs random programs of one question; yields the kind, an outcome per database, the query."""
    kind, example, language, imported = question
    world = TableWorld(example, language)
    script = imported.script()
    with closing(sqlite3.connect(":memory:")) as lite, duckdb.connect() as duck:
        lite.executescript(script)
        duck.execute(script)
        for _ in range(PROGRAMS):
            program = random_program(world, rng)
            told = f"{example.table.name} {format_program(program)}"
            try:
                query = to_sql(program, example.table, language, imported)
            except NoSQLError as error:
                yield kind, ["no SQL"], f"{told}\n{error}"
                continue
            value = run_program(program, example.table, language)[-1].value
            assert isinstance(value, tuple)
            expected = tuple(str(item) if isinstance(item, Date) else item for item in value)
            outcomes = [
                f"sqlite {outcome(expected, query, lite)}",
                f"duckdb {outcome(expected, query, duck)}",
            ]
            yield kind, outcomes, f"{told}\n{query}\n{expected} by the interpreter"


def outcome(expected: tuple[Scalar, ...], query: str, connection: Connection) -> str:
    """Whether a database agrees with the interpreter."""
    try:
        found: tuple[Scalar, ...] = run_sql(query, connection)
    except (sqlite3.Error, duckdb.Error) as error:
        return f"fails ({str(error).splitlines()[0]})"
    return "agrees" if same_answer(expected, found) else "differs"


def random_program(world: TableWorld, rng: random.Random) -> Program:
    """A random walk that takes a function from rows to rows in six steps of ten where it can."""
    functions = enumerate(world.language.functions, world.tokens.first_function)
    to_rows = {action for action, function in functions if function.returns_rows}
    state = world.start()
    while not world.is_terminal(state):
        valid = world.valid_actions(state)
        longer = [action for action in valid if action in to_rows]
        state = world.step(state, rng.choice(longer if longer and rng.random() < 0.6 else valid))
    return world.program(state.actions)


def wikisql(root: Path, rng: random.Random) -> Iterator[Question]:
    """Random questions of the development split, with the cells of its file."""
    tables = read_tables(root / "dev.tables.jsonl")
    questions = read_questions(root / "dev.jsonl", "dev", tables)
    with (root / "dev.tables.jsonl").open(encoding="utf-8") as file:
        records = {record["id"]: record for record in map(json.loads, file)}
    while True:
        question = rng.choice(questions)
        table = tables[question.table_id]
        record = records[question.table_id]
        rows = [["" if c is None else str(c) for c in row] for row in record["rows"]]
        imported = ImportedTable.of_text(record["header"], rows, range(len(record["header"])))
        example = wikisql_example(question.id, question.text, table, None)
        language = wikisql_language(narrowing=rng.random() < 0.5)
        yield Question("WikiSQL", example, language, imported)


def wikitables(root: Path, rng: random.Random) -> Iterator[Question]:
    """Random training questions, with the cells of the CSV files."""
    questions = wtq_questions(root, "training")
    while True:
        question = rng.choice(questions)
        table, raw = annotated_table(root, question.context), read_table(root, question.context)
        texts = (isinstance(property_, StringProperty) for property_ in table.properties)
        sources = [count - 1 for count in accumulate(map(int, texts))]
        imported = ImportedTable.of_text(raw.header, raw.rows, sources)
        example = wikitables_example(question.id, question.text, table, None)
        language = wtq_language(narrowing=rng.random() < 0.5)
        yield Question("WikiTableQuestions", example, language, imported)


def cases(root: Path, rng: random.Random) -> Iterator[Question]:
    """Questions made of cells, about every table that can be read."""
    opened = []
    for path in sorted(root.rglob("*.csv")):
        for reading, language in ((PLAIN, wikisql_language()), (ANNOTATED, wtq_language())):
            try:
                opened.append((open_table(path, reading), language))
            except DataError as error:
                print(f"left out: {error}", file=sys.stderr)
    words = str.split("of the in more than less after before not or most")
    while True:
        table, language = rng.choice(opened)
        cells = [cell for row in table.text.rows for cell in row if cell.strip()]
        text = " ".join(rng.choice((rng.choice(cells), rng.choice(words))) for _ in range(6))
        yield Question("cases", table.example(text), language, table.imported)


if __name__ == "__main__":
    main()
