"""What is nearest to an answer that no program reaches."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sparse_rl.exploration.budget import Budget
from sparse_rl.exploration.tables.domain import TableDomain
from sparse_rl.exploration.tables.reach import WIDTH, distance, nearest_cell, reach, unreached
from sparse_rl.interpreters.tables.answers import Gold, ListAnswer
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.functions import medals
from sparse_rl.interpreters.tables.language import wtq_language

DOMAIN = TableDomain(wtq_language(2))
VALUES = st.text(max_size=8) | st.integers() | st.floats(allow_nan=False)


def example(name: str, gold: Gold | None) -> Example:
    return Example(name, f"{name}?", (name,), medals(), (), gold)


@settings(max_examples=30, deadline=None)
@given(VALUES, VALUES)
def test_distances(one: str | float, other: str | float) -> None:
    assert 0 <= distance(one, other) <= 1
    assert distance(one, one) == 0


def test_the_nearest_cell_is_of_the_values_kind() -> None:
    table = medals()
    cells = {cell for column in table.columns for cell in column}
    text = next(cell for cell in cells if isinstance(cell, str) and len(cell) > 3)
    found = nearest_cell([f"{text}x"], table)
    assert found is not None and found.cell == text
    assert table.columns[table.header.index(found.column)][found.row - 1] == text
    assert nearest_cell([text], table) is None, "it is a cell"
    number = nearest_cell([10**6], table)
    assert number is not None and not isinstance(number.cell, str)


def test_every_question_is_reached_missed_undecided_or_not_searched() -> None:
    whole = reach(
        [
            ("train", example("two", ListAnswer((2,)))),
            ("train", example("far", ListAnswer((10**6,)))),
            ("dev", example("unknown", None)),
        ],
        DOMAIN,
    )
    assert (whole.reached, whole.undecided) == (1, ())
    assert whole.unanswered == (("dev", "unknown"),)
    assert [(u.split, u.example.id) for u in whole.missed] == [("train", "far")]
    assert all(len(line) <= WIDTH for line in whole.lines())
    cut = reach([("train", example("far", ListAnswer((10**6,))))], DOMAIN, Budget(states=1))
    assert cut.undecided == (("train", "far"),) and not cut.missed


def test_the_nearest_program_has_the_answer_that_it_is_shown_with() -> None:
    table = medals()
    found = unreached("train", example("far", ListAnswer((10**6,))), DOMAIN)
    assert found.program is not None
    like = example("like", ListAnswer(found.program.answer))
    world = DOMAIN.world(like)
    state = world.start()
    for action in DOMAIN.parse_program(like, found.program.program):
        state = world.step(state, action)
    assert world.reward(state) == 1
    numbers = [c for column in table.columns for c in column if isinstance(c, (int, float))]
    assert isinstance(found.program.answer[0], (int, float))
    assert found.program.answer[0] >= max(numbers)
