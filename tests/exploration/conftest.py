"""Small random worlds whose whole tree can be listed."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import settings

from sparse_rl.interpreters.answers import ListAnswer
from sparse_rl.interpreters.constants import find_constants
from sparse_rl.interpreters.example import Example
from sparse_rl.interpreters.language import wikisql_language
from sparse_rl.interpreters.table import Table
from sparse_rl.interpreters.table_world import TableWorld
from sparse_rl.interpreters.text import tokenize

# Timing is no property of these tests: machines are shared and first calls fill caches.
settings.register_profile("no_deadline", deadline=None)
settings.load_profile("no_deadline")

Actions = tuple[int, ...]
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
def all_programs() -> AllPrograms:
    """Every walk of a world's tree with its reward, by brute force."""

    def collect(world: TableWorld) -> dict[Actions, float]:
        found: dict[Actions, float] = {}
        stack = [world.start()]
        while stack:
            state = stack.pop()
            if world.is_terminal(state):
                found[state.actions] = world.reward(state)
            stack.extend(world.step(state, action) for action in world.valid_actions(state))
        return found

    return collect
