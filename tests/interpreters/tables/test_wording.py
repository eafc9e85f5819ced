"""Which cells a text names, in people's own tables."""

from __future__ import annotations

import random
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.datamodules.tables.reading import ANNOTATED, PLAIN, TableReading
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.interpreters.tables.language import wikisql_language, wtq_language
from sparse_rl.interpreters.tables.sql import run_sql, to_sql
from sparse_rl.interpreters.tables.sql_import import ImportedTable
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.tables.wording import CellNames, exact, folded, normalise, tokenize

WORDS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters=",;|/")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Grade A-, or C++?", ["grade", "a-", "or", "c++"]),
        ("AB\u2212 (O+) F# .NET #1", ["ab-", "o+", "f#", ".net", "#1"]),
        ("well-known x+y 2-1", ["well", "known", "x", "y", "2", "1"]),
        ("-5, +5 and 1,200.5", ["-5", "+5", "and", "1200.5"]),
        ("São Paulo Smith*", ["sao", "paulo", "smith"]),
        ("北京はコーヒー", ["北", "京", "は", "コ", "ー", "ヒ", "ー"]),
        ("ไทย", ["ไ", "ท", "ย"]),
        ("दिल्ली की", ["दिल्ली", "की"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert [token.text for token in tokenize(text) if token.is_word] == words
    assert normalise(text) == " ".join(words)


@given(st.text())
def test_tokens_are_spans_of_the_text_in_order(text: str) -> None:
    position = 0
    for token in tokenize(text):
        assert position <= token.start < token.end <= len(text)
        position = token.end


@given(st.lists(st.text(WORDS, min_size=1), min_size=1, max_size=6))
def test_no_cell_without_items_names_another(cells: list[str]) -> None:
    names = CellNames(cells)
    for cell in cells:
        if exact(cell):
            rows = sum(1 << row for row, other in enumerate(cells) if exact(other) == exact(cell))
            assert names.named(cell) == rows


@given(st.lists(st.text(min_size=1), min_size=1, max_size=6))
def test_every_cell_names_itself(cells: list[str]) -> None:
    names = CellNames(cells)
    for cell in cells:
        if exact(cell):
            rows = sum(1 << row for row, other in enumerate(cells) if exact(other) == exact(cell))
            assert names.named(cell) & rows == rows


CELLS = [
    "A",
    "A-",
    "A+",
    "Yahoo!",
    "Yahoo",
    "Peña",
    "Pena",
    "US",
    "us",
    "New York",
    "New York City",
]


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("who has a-?", 1),
        ("who has Yahoo!?", 3),
        ("who has yahoo?", 4),
        ("who is peña", 5),
        ("who is pena", 6),
        ("the US?", 7),
        ("who is us?", 8),
        ("in new york?", 9),
        ("in New York City", 10),
    ],
)
def test_a_question_names_the_cell_that_it_writes(question: str, row: int) -> None:
    table = PLAIN.read("t", TextTable(["c", "n"], [[cell, "1"] for cell in CELLS]))
    constants = table.example("q", question).constants
    found = [c for c in constants if isinstance(c.value, tuple)]
    assert isinstance(found[0].value, tuple)
    assert table.table.containing(0, found[0].value) == 1 << row


def test_an_item_of_a_list_names_its_cell() -> None:
    genres = CellNames(["Drama", "Drama, Comedy", "Comedy, Action", "Action", "Docudrama"])
    assert genres.named("drama") == 0b11 and genres.named("Action") == 0b1100
    places = CellNames(["Paris", "Paris, Texas", "Rome, Italy", "Rome, Georgia"])
    assert places.named("paris") == 0b1


def test_cells_without_words() -> None:
    table = PLAIN.read(
        "t", TextTable(["r", "n"], [["+", "1"], ["-", "2"], ["★★", "3"], ["★", "4"]])
    )
    for text, row in (("result +?", 0), ("result - ?", 1), ("rated ★★", 2), ("rated ★.", 3)):
        (constant,) = table.example("q", text).constants
        assert isinstance(constant.value, tuple)
        assert table.table.containing(0, constant.value) == 1 << row


@pytest.mark.parametrize("reading", [PLAIN, ANNOTATED])
def test_sql_gives_the_same_answers_without_a_function_of_ours(reading: TableReading) -> None:
    rows = [[cell, f"{n},5", f"{n + 1}/12/2020"] for n, cell in enumerate(CELLS)]
    read = reading.read("t", TextTable(["c", "n", "d"], rows))
    language = wtq_language(3) if reading is ANNOTATED else wikisql_language(3)
    world = TableWorld(read.example("q", "a-, US or york with 7,5 or 3 after 5/12/2020"), language)
    connection = sqlite3.connect(":memory:")
    imported = ImportedTable.of_text(read.text.header, read.text.rows, read.sources)
    connection.executescript(imported.script())
    rng = random.Random(0)
    for _ in range(100):
        state = world.start()
        while not world.is_terminal(state):
            state = world.step(state, rng.choice(world.valid_actions(state)))
        query = to_sql(world.program(state.actions), read.table, language, imported)
        found = run_sql(query, connection)
        assert [str(v) for v in found] == [str(v) for v in state.answer or ()] or sorted(
            map(float, found)
        ) == pytest.approx(sorted(float(v) for v in state.answer or ()))  # type: ignore[arg-type]


def test_folded_keeps_marks_and_accents() -> None:
    assert folded(" Peña  (A\u2212) ") == "peña (a-)"


@given(st.text(alphabet="aBc12- .,#", max_size=12))
def test_short_ways_to_normal_forms_give_the_same(text: str) -> None:
    words = " ".join(token.text for token in tokenize(text) if token.is_word)
    assert normalise(text) == words
