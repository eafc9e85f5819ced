"""When two denotations are the same answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.interpreters.tables.answers import same_answer, same_value
from sparse_rl.interpreters.tables.table import Cell

cells = st.text(max_size=3) | st.integers() | st.floats(allow_nan=False)


@pytest.mark.parametrize(
    ("gold", "value", "same"),
    [
        (2, 2.0, True),
        (0.1 + 0.2, 0.3, True),
        (1e12, 1e12 + 1, True),
        (1, 1 + 1e-6, False),
        (0, 1e-13, True),
        (0, 1e-9, False),
        (12345678901234567, 12345678901234568, True),
        ("peru", "peru", True),
        ("peru", "Peru", False),
        ("2", 2, False),
        (2, "2", False),
        (float("inf"), float("inf"), True),
        (float("inf"), 1, False),
    ],
)
def test_same_value(gold: Cell, value: Cell, same: bool) -> None:
    assert same_value(gold, value) is same


@pytest.mark.parametrize(
    ("gold", "denotation", "same"),
    [
        (("a", 1), ("a", 1.0), True),
        (("a", "b"), ("b", "a"), False),
        (("a",), ("a", "a"), False),
        (("a", "a"), ("a",), False),
        ((), (), True),
        ((0,), (), False),
    ],
)
def test_same_answer(gold: tuple[Cell, ...], denotation: tuple[Cell, ...], same: bool) -> None:
    assert same_answer(gold, denotation) is same


@given(st.lists(cells).map(tuple), st.lists(cells).map(tuple))
def test_sameness_is_reflexive_and_symmetric(
    one: tuple[Cell, ...], other: tuple[Cell, ...]
) -> None:
    assert same_answer(one, one)
    assert same_answer(one, other) == same_answer(other, one)
