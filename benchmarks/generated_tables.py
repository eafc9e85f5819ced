"""Tables of any size, and questions with a rewarded program of one to three expressions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import cycle, islice

from sparse_rl.errors import ExecutionError
from sparse_rl.interpreters.tables.annotated import CellViews
from sparse_rl.interpreters.tables.constants import find_constants
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.program import parse_program, run_program
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.text import tokenize
from sparse_rl.interpreters.tables.typed_answers import SetAnswer, item_text

KINDS = ("name", "town", "points", "born", "genres", "share")
_WORDS = str.split("north south old new red green stone river lake hill oak ash iron silver")
_GENRES = str.split("drama comedy crime history music war family science")
_MOST_ITEMS = 5
"""Values of an answer: longer ones are not what people ask for."""
_PROGRAMS = (
    (
        "( maximum all_rows r.points-number )",
        "( mode all_rows r.town-string )",
        "( average all_rows r.share-number )",
    ),
    (
        "( filter_in all_rows ['{town}'] r.town-string ) ( count v0 )",
        "( filter_in all_rows ['{name}'] r.name-string ) ( hop v0 r.points-number )",
        "( argmax all_rows r.points-number ) ( hop v0 r.name-string )",
    ),
    (
        "( filter_in all_rows ['{town}'] r.town-string ) ( argmax v0 r.points-number )"
        " ( hop v1 r.name-string )",
        "( filter_gt all_rows [{points}] r.points-number )"
        " ( filter_in v0 ['{town}'] r.town-string ) ( count v1 )",
        "( filter_in all_rows ['{name}'] r.name-string ) ( next v0 ) ( hop v1 r.born-date )",
    ),
)
"""By their number of expressions."""


def generated_table(rows: int, columns: int, rng: random.Random) -> Table:
    """Columns of each of `KINDS` in turn: names, repeated texts, numbers, dates, lists, shares."""
    kinds = list(islice(cycle(KINDS), columns))
    header = [f"{kind} {place // len(KINDS) + 1}" for place, kind in enumerate(kinds)]
    header[: len(KINDS)] = kinds[: len(KINDS)]
    return Table.of_columns("generated", header, [_column(k, rows, rng) for k in kinds], rows)


def _column(kind: str, rows: int, rng: random.Random) -> CellViews:
    text: list[str | None]
    if kind == "points":
        points = [rng.randrange(5000) for _ in range(rows)]
        return CellViews(tuple(f"{n:,}" for n in points), tuple(map(float, points)), None, None)
    if kind == "share":
        shares = [None if rng.random() < 0.1 else round(rng.random(), 3) for _ in range(rows)]
        text = [None if share is None else f"{share:.3f}" for share in shares]
        return CellViews(tuple(text), tuple(shares), None, None)
    if kind == "born":
        dates = [_date(rng) for _ in range(rows)]
        return CellViews(tuple(map(str, dates)), None, None, tuple(dates))
    if kind == "name":
        text = [f"{rng.choice(_WORDS)} {rng.choice(_WORDS)} {row}" for row in range(rows)]
    elif kind == "town":
        text = [f"{rng.choice(_WORDS)} {rng.choice(_WORDS)}" for _ in range(rows)]
    else:
        text = [", ".join(rng.sample(_GENRES, rng.randint(1, 3))) for _ in range(rows)]
    return CellViews(tuple(text), None, None, None)


def _date(rng: random.Random) -> Date:
    day = None if rng.random() < 0.1 else rng.randint(1, 28)
    return Date(rng.randint(1950, 2020), rng.randint(1, 12), day)


def generated_questions(
    table: Table, language: Language, count: int, rng: random.Random
) -> list[Example]:
    """Questions on one table that mention cells of a row, in turn of 1, 2 and 3 expressions."""
    return list(islice(_questions(table, language, rng), count))


def _questions(table: Table, language: Language, rng: random.Random) -> Iterator[Example]:
    places = {property_.name: property_.column for property_ in table.properties}
    for number, programs in enumerate(cycle(_PROGRAMS)):
        answer: tuple[object, ...] = ()
        while not 0 < len(answer) <= _MOST_ITEMS:
            row = rng.randrange(table.size)
            name, town, points = (
                table.columns[places[view]][row]
                for view in ("r.name-string", "r.town-string", "r.points-number")
            )
            said = {"name": name, "town": town, "points": int(points)}
            program = parse_program(rng.choice(programs).format(**said), language)
            try:
                answer = run_program(program, table, language)[-1].value  # type: ignore[assignment]
            except ExecutionError:
                continue
        question = f"of {town} and {name} which is born after may 1980 with over {int(points)}?"
        tokens = tokenize(question)
        yield Example(
            f"{number}",
            question,
            tuple(token.text for token in tokens),
            table,
            find_constants(question, tokens, table),
            SetAnswer(tuple(map(item_text, answer)), ("",) * len(answer)),  # type: ignore[arg-type]
        )
