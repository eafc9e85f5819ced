"""Cells that a question names in other words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.annotation.readers.other_names import other_names, said_otherwise
from sparse_rl.interpreters.tables.constants import find_constants
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.text import tokenize

HEADER = ["Name", "Country", "Fate", "Outcome", "Race winner"]
ROWS = [
    ["Ann", "USA", "Retirement", "Winner", "yes"],
    ["Ben", "CAN", "Farmer of the city", "Loss", "no"],
]
TABLE = Table("t", HEADER, ["text"] * len(HEADER), ROWS)


def found(question: str) -> list[tuple[tuple[str, ...], str]]:
    tokens = tokenize(question)
    constants = find_constants(question, tokens, TABLE)
    return [
        (c.value, " ".join(t.text for t in tokens[c.start : c.end]))
        for c in other_names(tokens, constants, TABLE)
        if isinstance(c.value, tuple)
    ]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("which american came first?", [(("usa",), "american")]),
        ("how many are from the united states?", [(("usa",), "united states")]),
        ("which Canadian can win?", [(("can",), "canadian"), (("winner",), "win")]),
        ("who retired?", [(("retirement",), "retired")]),
        ("how many farmers?", [(("farmer",), "farmers")]),
    ],
)
def test_forms_and_names_of_cells_are_found(
    question: str, expected: list[tuple[tuple[str, ...], str]]
) -> None:
    assert found(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "who is from the USA?",  # Found literally.
        "how many races?",  # A header's word.
        "who has the most?",
        "which city?",  # The cell's own word.
        "can anyone retain it?",  # No name of Canada, and no form of "retirement".
    ],
)
def test_nothing_else_is_found(question: str) -> None:
    assert found(question) == []


@given(st.text(alphabet="abc USAretidwn?", max_size=40))
def test_constants_are_cells_and_lie_in_the_question(question: str) -> None:
    tokens = tokenize(question)
    cells = {key for column in range(len(HEADER)) for key in TABLE.keys(column)}
    for constant in other_names(tokens, (), TABLE):
        assert 0 <= constant.start < constant.end <= len(tokens)
        assert isinstance(constant.value, tuple)
        for value in constant.value:
            assert any(f" {value} " in cell for cell in cells)


def test_a_users_own_table_has_other_names_only() -> None:
    tokens = tokenize("which Canadian retired?")
    found = said_otherwise(tokens, (), TABLE)
    assert [constant.value for constant in found] == [("can",)]
    codes = Table("t", ["Wine", "Ctry"], ["text", "text"], [["A", "FR"], ["B", "PT"]])
    tokens = tokenize("list the French and Portuguese wines")
    assert [c.value for c in said_otherwise(tokens, (), codes)] == [("fr",), ("pt",)]
