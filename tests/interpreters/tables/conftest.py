"""Random tables with questions about them, and random walks through their programs."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from sparse_rl.interpreters.tables.annotated import AnnotatedCell
from sparse_rl.interpreters.tables.answers import ListAnswer
from sparse_rl.interpreters.tables.constants import Constant, find_constants
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language, wikisql_language
from sparse_rl.interpreters.tables.table import Cell, ColumnType, Table
from sparse_rl.interpreters.tables.table_world import State, TableWorld
from sparse_rl.interpreters.tables.text import tokenize

MakeExample = Callable[[random.Random], Example]
Walk = Callable[..., State]

# Awkward on purpose: quotes, hyphens, diacritics, other scripts, a word inside a longer cell.
TEXTS = str.split(
    'Peru|south peru|Karel Hromádka|o\'neal|say "hi"|back\\slash|7 - 3|2001-02|the|the who'
    "|1,200|12|Ω mega|Москва|- -|it's; DROP TABLE t|new\nline|a_b|100%|first",
    "|",
)
NUMBERS = (0, 1, 2, 2, 3, 7, 12, -5, 2.5, 2.0, 0.1, 1200, "1,200", 1e-7, 12345678901234567, 2**62)
DATES = (None, Date(2010, 6, 12), Date(2010, 6), Date(2010), Date(2011, 1, 1), Date(None, 6, 12))
HEADERS = str.split(
    'nation|Nation|NATION|golds|golds|size "cm"|row_id|it\'s|v0|points (total)|ГОД||t|a, b|rowid',
    "|",
)
WORDS = str.split("what is the of in more than first twenty-one 2 7 -5 2.5 1,200 million ? , ' 9")


def _cell(rng: random.Random, type_: ColumnType) -> Cell:
    if rng.random() < 0.1:
        return rng.choice(("", " "))
    return rng.choice(TEXTS if type_ == "text" else NUMBERS)


def _table(rng: random.Random) -> Table:
    types = [rng.choice(("text", "real")) for _ in range(rng.randint(1, 4))]
    header = [rng.choice(HEADERS) for _ in types]
    rows = [[_cell(rng, type_) for type_ in types] for _ in range(rng.choice((0, 1, 3, 6, 9, 12)))]
    return Table("random", header, types, rows)


@pytest.fixture(scope="session")
def random_example() -> MakeExample:
    """A table of up to twelve rows, a question that mentions some of it, a denotation as answer."""

    def make(rng: random.Random) -> Example:
        table = _table(rng)
        cells = [str(c) for column in table.columns for c in column if c is not None]
        words = [rng.choice(cells or WORDS) for _ in range(rng.randint(0, 5))]
        words += [rng.choice(WORDS) for _ in range(rng.randint(0, 4))]
        rng.shuffle(words)
        question = " ".join(words)
        tokens = tokenize(question)
        constants = find_constants(question, tokens, table)
        example = Example(
            "random-1", question, tuple(t.text for t in tokens), table, constants, None
        )
        answer = _walk(TableWorld(example, wikisql_language(2)), rng).answer
        return replace(example, answer=ListAnswer(answer))

    return make


def annotated_cell(rng: random.Random) -> AnnotatedCell:
    """A cell with any values, whether or not its text says them."""
    number = rng.choice((None, 0.0, 1.0, 2.0, 2.5, 7.0, -5.0))
    second = rng.choice((None, 1.0, 3.0)) if number is not None else None
    return AnnotatedCell(rng.choice((*TEXTS, "", " ")), number, second, rng.choice(DATES))


@pytest.fixture(scope="session")
def annotated_example() -> MakeExample:
    """An annotated table, with constants of every kind, whether or not the question says them."""

    def make(rng: random.Random) -> Example:
        header = [rng.choice(HEADERS) for _ in range(rng.randint(1, 3))]
        size = rng.choice((0, 1, 2, 4, 7))
        rows = [[annotated_cell(rng) for _ in header] for _ in range(size)]
        table = Table.annotated("random", header, rows)
        strings = (("peru",), ("the", "7 3"), ("first",))
        values = (*strings, 2.0, 7.0, 99.0, Date(2010, 6), Date(2011), Date(None, 6, 12))
        chosen = rng.sample(values, rng.randint(0, 3))
        constants = tuple(Constant(value, 0, 1) for value in chosen)
        tags = tuple(rng.sample(("JJR", "JJS", "NN"), 1))
        return Example("random-1", "the first", ("the", "first"), table, constants, None, tags)

    return make


def _walk(world: TableWorld, rng: random.Random, filtering: float = 0.0) -> State:
    functions = enumerate(world.language.functions, world.tokens.first_function)
    filters = {action for action, function in functions if function.returns_rows}
    state = world.start()
    while not world.is_terminal(state):
        valid = world.valid_actions(state)
        longer = [action for action in valid if action in filters]
        chosen = longer if longer and rng.random() < filtering else valid
        state = world.step(state, rng.choice(chosen))
    return state


@pytest.fixture(scope="session")
def random_walk() -> Walk:
    """The last state of a random walk: uniform, or with a preference for filters."""
    return _walk


@pytest.fixture(params=[True, False], ids=["narrowing", "not-narrowing"], scope="session")
def language(request: pytest.FixtureRequest) -> Language:
    return wikisql_language(3, narrowing=request.param)
