"""Small random worlds whose whole tree can be listed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from sparse_rl.exploration.gumbel import Region
from sparse_rl.interpreters.tables.annotated import AnnotatedCell
from sparse_rl.interpreters.tables.answers import ListAnswer
from sparse_rl.interpreters.tables.constants import Constant, find_constants
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language, wikisql_language, wtq_language
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.tables.text import tokenize
from sparse_rl.interpreters.toys import TreeWorld, enumerate_trajectories

Actions = tuple[int, ...]
_JOINABLE = ("hop", "filter_in", "first", "next", "count", "diff")
MakeWorld = Callable[..., TableWorld]
AllPrograms = Callable[[TableWorld], dict[Actions, float]]


def _answer(table: Table, rng: random.Random) -> ListAnswer:
    """Something that one column says, so that often there is a rewarded program."""
    cells = [c for c in table.columns[rng.randrange(len(table.columns))] if c is not None]
    return ListAnswer(rng.choice([(rng.randint(1, 3),), tuple(cells), tuple(cells[:1])]))


@pytest.fixture(scope="session")
def make_world() -> MakeWorld:
    """A world of up to four rows and three columns; the same seed gives the same world."""

    def make(seed: int, narrowing: bool = True, max_expressions: int = 3) -> TableWorld:
        rng = random.Random(seed)
        types = [rng.choice(("text", "real")) for _ in range(rng.randint(1, 3))]
        cells = {"text": ("peru", "south peru", "chile", ""), "real": (1, 2, 2.5, "")}
        rows = [[rng.choice(cells[t]) for t in types] for _ in range(rng.randint(1, 4))]
        table = Table("small", [f"c{i}" for i in range(len(types))], types, rows)
        question = rng.choice(("chile", "south peru", "peru")) + rng.choice((" 2", " 1 2", ""))
        tokens = tokenize(question)
        constants = find_constants(question, tokens, table)
        words = tuple(t.text for t in tokens)
        example = Example(f"small-{seed}", question, words, table, constants, _answer(table, rng))
        return TableWorld(example, wikisql_language(max_expressions, narrowing))

    return make


@pytest.fixture(scope="session")
def make_joined_world() -> MakeWorld:
    """A world of the whole language over up to four rows of two views or three."""

    def make(seed: int, narrowing: bool = True, max_expressions: int = 3) -> TableWorld:
        rng = random.Random(seed)
        dates = (None, Date(2010), Date(2010, 6), Date(2011))
        rows = [
            [AnnotatedCell(rng.choice(("peru", "chile", "")), rng.choice((None, 1.0, 3.0)))]
            for _ in range(rng.randint(1, 4))
        ]
        if rng.random() < 0.3:
            rows = [[replace(cell, date=rng.choice(dates))] for (cell,) in rows]
        table = Table.annotated("small", ["x"], rows)
        values = ((("peru",), 1.0), (("chile",), Date(2010, 6)), (("peru",),), (2.0,))
        constants = tuple(Constant(value, 0, 1) for value in rng.choice(values))
        gold = ListAnswer(rng.choice(((2.0,), (1,), ("peru",), ("chile", "peru"), (3.0,))))
        example = Example(f"joined-{seed}", "?", ("?",), table, constants, gold)
        chosen = [f for f in wtq_language().functions if f.name in _JOINABLE]
        functions = (*chosen, *rng.sample(wtq_language().functions, 4))
        distinct = tuple({f.name: f for f in functions}.values())
        return TableWorld(example, Language(distinct, max_expressions, narrowing))

    return make


@pytest.fixture(scope="session")
def all_programs() -> AllPrograms:
    """Every walk of a world's tree with its reward, by brute force."""

    def collect(world: TableWorld) -> dict[Actions, float]:
        return {found.actions: found.reward for found in enumerate_trajectories(world)}

    return collect


class RandomTree(TreeWorld):
    """A world of a few dozen leaves with masked actions, rewards, and a tabular policy.

    The same seed gives the same tree.
    """

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        every: dict[Actions, Actions] = {}
        rewards: dict[Actions, float] = {}
        self.log_p: dict[Actions, list[float]] = {}
        self.log_prob: dict[Actions, float] = {}
        stack: list[tuple[Actions, float]] = [((), 0.0)]
        while stack:
            prefix, log_prob = stack.pop()
            if len(prefix) == 4 or (prefix and rng.random() < 0.15):
                self.log_prob[prefix] = log_prob
                rewards[prefix] = rng.choice((0.0, 0.0, 0.5, 1.0))
                continue
            valid = tuple(rng.sample(range(5), rng.randint(1, 4)))
            weights = [math.exp(rng.gauss(0.0, 1.5)) for _ in valid]
            every[prefix] = valid
            self.log_p[prefix] = [math.log(w / sum(weights)) for w in weights]
            pairs = zip(valid, self.log_p[prefix], strict=True)
            stack.extend(((*prefix, action), log_prob + log_p) for action, log_p in pairs)
        super().__init__(every, rewards, range(5))

    def score(self, requests: Sequence[tuple[int, Region]]) -> list[list[float]]:
        """Log-probabilities of the next actions, as a search asks for them."""
        return [self.log_p[region.actions] for _, region in requests]

    # The outlook of a search: no reward before the end, and at most 1.

    def gained(self, region: Region, /) -> float:
        return 0.0

    def to_come(self, region: Region, /) -> float:
        return 1.0


@pytest.fixture(scope="session")
def random_tree() -> type[RandomTree]:
    return RandomTree
