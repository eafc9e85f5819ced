"""Integers of thousands of digits, which Python does not convert, are text in every reader."""

from __future__ import annotations

import pytest

from sparse_rl.annotation import annotate_question
from sparse_rl.datamodules.tables.benchmark_reading import typed_answer, wikitables_example
from sparse_rl.datamodules.tables.reading import ANNOTATED, PLAIN, TableReading
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.interpreters.tables.table import Table

LONG = "3" * 4400  # Python converts up to 4300.
TEXTS = [form.format(LONG) for form in ("{}", "-{}", "{}%", "{}:30", "july 4, {}", "1e{}", "{}s")]


@pytest.mark.parametrize("reading", [ANNOTATED, PLAIN])
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.replace(LONG, "N"))
def test_own_tables(text: str, reading: TableReading) -> None:
    table = reading.read("t", TextTable(["a", "b"], [[text, "1"], ["x", "2"], ["y", "3"]]))
    example = table.example("q", f"who has {text} ?", (text,))
    assert example.answer is not None and example.answer.accepts((text,))
    assert not example.answer.accepts((3,))


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.replace(LONG, "N"))
def test_the_benchmarks(text: str) -> None:
    table = Table("t", ["a", "b"], ["text", "real"], [[text, text], ["x", 2]])
    assert table.columns[1] == (None, 2)
    assert wikitables_example("q", f"who has {text} ?", table, None).tokens
    assert typed_answer([text]).accepts((text,))


def test_a_number_beyond_all_floats_is_infinite() -> None:
    assert annotate_question(f"{LONG} people").ner_values[0] == "Infinity"


@pytest.mark.slow
def test_an_answer_of_ten_thousand_items_is_read_and_compared() -> None:
    items = tuple(f"item {number}" for number in range(10_000))
    table = ANNOTATED.read("t", TextTable(["a"], [["x"], ["y"]]))
    example = table.example("q", "which items ?", items)
    assert example.answer is not None
    assert example.answer.accepts(items[::-1]) and not example.answer.accepts(items[1:])
