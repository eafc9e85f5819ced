"""Coverage by kind of answer and length."""

from __future__ import annotations

from sparse_rl.exploration.tables.coverage import (
    answer_kind,
    coverage,
    coverage_page,
    coverage_table,
)
from sparse_rl.interpreters.tables.answers import Gold, ListAnswer
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.functions import medals
from sparse_rl.interpreters.tables.language import wtq_language
from sparse_rl.interpreters.tables.program import parse_program
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.tables.typed_answers import SetAnswer

LANGUAGE = wtq_language(2)


def example(name: str, gold: Gold | None) -> Example:
    return Example(name, f"{name}?", (name,), medals(), (), gold)


def test_kinds_of_answers() -> None:
    assert answer_kind(ListAnswer((7,))) == "number"
    assert answer_kind(ListAnswer(("7",))) == "text"
    assert answer_kind(ListAnswer((7, 8))) == answer_kind(ListAnswer(())) == "list"
    assert answer_kind(SetAnswer(("7",), ("",))) == "number"
    assert answer_kind(SetAnswer(("May 1950",), ("1950-05-xx",))) == "date"
    assert answer_kind(SetAnswer(("a", "A."), ("", ""))) == "text", "one value, said twice"
    assert answer_kind(ListAnswer((Date(1950),))) == "date"
    assert answer_kind(None) == "none"


def test_the_shortest_program_counts() -> None:
    one = example("q1", ListAnswer((7,)))
    world = TableWorld(one, LANGUAGE)
    name, rows = world.tokens.names.index, world.tokens.all_rows
    short = (name("maximum"), rows, world.first_property + 1, world.tokens.end)
    longer = (name("first"), rows, name("count"), rows + 1, world.tokens.end)
    assert coverage(one, [longer, short], LANGUAGE).expressions == 1
    assert coverage(one, [longer], LANGUAGE).expressions == 2
    assert coverage(one, [], LANGUAGE).expressions == 0


def test_the_table_and_the_page() -> None:
    text = example("q2", ListAnswer(("peru",)))
    one = example("q1", ListAnswer((7,)))
    short = TableWorld(one, LANGUAGE).actions(
        parse_program("( maximum all_rows r.golds-number )", LANGUAGE)
    )
    found = [coverage(one, [short], LANGUAGE), coverage(text, [], LANGUAGE)]
    assert coverage_table(found, 2).splitlines() == [
        "| answer | questions | found | by 1 | by 2 |",
        "|---|--:|--:|--:|--:|",
        "| number | 1 | 100.0% | 100.0% | 0.0% |",
        "| text | 1 | 0.0% | 0.0% | 0.0% |",
        "| all | 2 | 50.0% | 50.0% | 0.0% |",
    ]
    page = coverage_page(found, 2, "sparse-rl explore --config c.yaml", "7 programs in 2 s")
    assert "sparse-rl explore --config c.yaml" in page and "Not found: 1 of 1" in page
    assert "\n7 programs in 2 s.\n" in page
    assert "- q2 (text)" in page and "- q1" not in page
    assert "| none |" in coverage_table([coverage(example("q", None), [], LANGUAGE)], 2)
