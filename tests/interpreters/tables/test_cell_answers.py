"""Answers over people's own tables: the same cells, numbers and dates."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from sparse_rl.datamodules.tables.reading import ANNOTATED
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.exploration.tables.coverage import answer_kind
from sparse_rl.interpreters.tables.cell_answers import CellAnswer, same
from sparse_rl.interpreters.tables.dates import Date

ROWS = [
    ["3 Doors Down", "5,866.00", "31/12/2020", "007", "1:30:00"],
    ["Café Noir", "(12)", "01/02/2021", "7", "0:05:00"],
    ["US", "3", "05/04/2019", "070", "0:00:10"],
    ["us", "n/a", "06/04/2019", "071", "0:00:11"],
]
TABLE = ANNOTATED.read("t", TextTable(["Name", "Price", "Day", "Code", "Run"], ROWS))


@pytest.mark.parametrize(
    ("items", "denotation", "right"),
    [
        (["5866"], (5866.0,), True),
        (["5866"], ("5,866.00",), True),
        (["-12"], ("(12)",), True),
        (["(12)"], (-12,), True),
        (["3 Doors Down"], (3,), False),
        (["3 doors down"], ("3 Doors Down",), True),
        (["3 points"], (3,), True),
        (["cafe noir"], ("Café Noir",), True),
        (["US"], ("US",), True),
        (["US"], ("us",), False),
        (["007"], ("007",), True),
        (["007"], ("7",), False),
        (["7"], (7,), True),
        (["31 December 2020"], (Date(2020, 12, 31),), True),
        (["31 December 2020"], ("31/12/2020",), True),
        (["01/02/2021"], (Date(2021, 2, 1),), True),
        (["1:30:00"], (5400,), True),
        (["1:30:00"], ("1:30:00",), True),
        (["3", "5866"], (5866, 3, 3), True),
        (["3", "5866"], (3,), False),
        (["3"], (), False),
        (["2020"], (Date(2020),), True),
        (["unknown text"], ("Unknown  Text",), True),
    ],
)
def test_answers(items: list[str], denotation: tuple[object, ...], right: bool) -> None:
    answer = TABLE.answers.answer(items)
    assert answer.accepts(denotation) is right  # type: ignore[arg-type]
    # As kept in a cache.
    record = json.loads(json.dumps(asdict(answer)))
    spellings = tuple(map(tuple, record.pop("spellings")))
    fields = {name: tuple(values) for name, values in record.items()}
    again = CellAnswer(spellings=spellings, **fields)
    assert again == answer


def test_equal_answers_have_one_key() -> None:
    answer = TABLE.answers.answer(["5866"])
    assert answer.key((5866,)) == answer.key(("5,866.00",)) != answer.key((1,))
    assert answer.as_given() == ("5866",) and answer_kind(answer) == "number"
    assert answer_kind(TABLE.answers.answer(["US"])) == "text"


def test_large_integers_are_compared_exactly() -> None:
    assert same(2**60, 2**60) and not same(2**60, 2**60 + 1)
    assert same(0.1 + 0.2, 0.3) and not same(1e-7, 2e-7)
