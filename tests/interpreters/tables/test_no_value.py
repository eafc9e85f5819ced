"""Cells without a value, named by a constant of their own."""

from __future__ import annotations

import pytest

from sparse_rl.interpreters.tables.language import plain_language
from sparse_rl.interpreters.tables.no_value import NO_VALUE
from sparse_rl.interpreters.tables.program import format_program, parse_program
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.wording import CELLS, WORDS, Wording

TEXTS = ["n/a", None, "7", "-", "n/a or so"]
NUMBERS = [None, None, 7.0, None, None]


@pytest.fixture(params=[200, 0], ids=["small", "large"])
def of_any_size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparse_rl.interpreters.tables.table.SMALL", request.param)


@pytest.mark.usefixtures("of_any_size")
@pytest.mark.parametrize("wording", [CELLS, WORDS], ids=["cells", "words"])
def test_only_cells_without_a_value_match(wording: Wording) -> None:
    names = ["r.score-string", "r.score-number", "r.guest-string"]
    columns = [TEXTS, NUMBERS, TEXTS]
    types = ("text", "real", "text")
    table = Table.of_views("t", ["Score", "Score", "Guest"], types, names, columns, 5, wording)
    # A marker is no value of a number, and a text like any other in a column of text.
    assert [table.containing(column, NO_VALUE) for column in range(3)] == [0b1011, 0b11011, 0b10]


def test_a_program_writes_it_as_an_empty_string() -> None:
    text = "( filter_not_in all_rows [''] r.score-string ) ( count v0 ) <END>"
    program = parse_program(text, plain_language())
    assert program[0].arguments[0] == NO_VALUE
    assert format_program(program) == text
