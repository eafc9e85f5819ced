"""Cells without a value, which questions name by words of absence or possession."""

from __future__ import annotations

import pytest

from sparse_rl.datamodules.tables.reading import ANNOTATED, PLAIN
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.interpreters.tables.no_value import NO_VALUE

LOTS = TextTable(
    ["Item", "Hammer price", "Bidder", "Paid on", "Framed", "Est. value"],
    [
        ["Vase", "1,200", "Ann", "2021-03-05", "x", "900"],
        ["Clock", "-", "", "", "", "40"],
        ["Lamp", "50", "", "2021-03-06", "x", "60"],
        ["Chair", "n/a", "Bob", "", "", "75"],
    ],
)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("which items have no hammer price?", "no hammer price"),
        ("how many lots with no bidder yet", "no bidder"),
        ("items without any offer", "without"),
        ("entries missing a hammer price", "missing a hammer price"),
        ("lots that lack a bidder", "lack a bidder"),
        ("whose bidder is blank?", "blank"),
        ("which lots are unpaid?", "unpaid"),
        ("which lots haven't been paid yet?", "haven ' t been paid"),
        ("lots that were never paid", "never paid"),
        ("lots with a bidder", "with a bidder"),
        ("how many lots had a bidder?", "had a bidder"),
        ("which have already been paid?", "have already been paid"),
        ("lots whose bidder is known", "bidder is known"),
        ("lots with a hammer price above 100", None),
        ("lots with no more than 50 as hammer price", None),
        ("lots with a value", None),
        ("which lots are not framed?", None),
        ("which lots did Ann get?", None),
        ("who has the highest hammer price?", None),
    ],
)
def test_words_of_absence_and_possession(question: str, words: str | None) -> None:
    example = ANNOTATED.read("t", LOTS).example("q", question)
    found = [c for c in example.constants if c.value == NO_VALUE]
    assert [" ".join(example.tokens[c.start : c.end]) for c in found] == [words] * bool(words)


def test_a_table_that_has_all_values_has_no_such_constant() -> None:
    full = TextTable(["Item", "Price"], [["Vase", "5"], ["Lamp", "7"]])
    for reading in (ANNOTATED, PLAIN):
        example = reading.read("t", full).example("q", "items without a price, missing and blank")
        assert NO_VALUE not in [c.value for c in example.constants]
