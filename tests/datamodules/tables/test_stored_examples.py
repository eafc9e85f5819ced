"""Examples of Arrow files are what was written, one object each, and made when they are used."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from sparse_rl.datamodules.contents import digest
from sparse_rl.datamodules.tables.example_cache import cached_examples
from sparse_rl.datamodules.tables.example_records import example_records, table_records
from sparse_rl.datamodules.tables.stored_examples import StoredExamples
from sparse_rl.interpreters.tables.answers import ListAnswer
from sparse_rl.interpreters.tables.constants import Constant
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table import Table

NUMBER = 2500
"""More than are read at once."""


def made() -> list[Example]:
    tables = [
        Table.of_views(
            f"t{n}", ["day", "n"], ["date", "real"], ["r.day-date", "r.n-number"],
            [[Date(2000, 1, n + 1), None], [1.5, n]], 2,
        )
        for n in range(20)
    ]  # fmt: skip
    tables[3].unread_numbers = 2
    tables[7].unread_numbers = 5
    return [
        Example(
            f"id{n}",
            f"what is {n} ?",
            ("what", "is", str(n), "?")[: n % 4 + 1],
            tables[n // 200],
            (Constant(("a", "b"), 0, 1), Constant(float(n), 2, 3), Constant(Date(1999), 1, 2)),
            ListAnswer((n, "x")) if n % 3 else None,
            ("WP",) * (n % 2),
        )
        for n in range(NUMBER)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cache") / "examples"
    cached_examples(path, made)
    return path


def opened(folder: Path, limit: int = 0) -> StoredExamples:
    def compute() -> list[Example]:
        raise AssertionError("the cache was there")

    return cached_examples(folder, compute, limit)


def test_examples_are_what_was_written(folder: Path) -> None:
    expected, stored = made(), opened(folder)
    assert len(stored) == NUMBER
    assert example_records(stored.each()) == example_records(expected)
    assert table_records(stored) == table_records(expected)
    assert example_records([stored[5], stored[-1]]) == example_records([expected[5], expected[-1]])
    assert [e.id for e in stored[1:9:3]] == ["id1", "id4", "id7"]
    with pytest.raises(IndexError):
        stored[NUMBER]


def test_columns_are_those_of_the_examples(folder: Path) -> None:
    expected, stored = made(), opened(folder, limit=1500)
    expected = expected[:1500]
    assert stored.ids() == [e.id for e in expected]
    assert stored.lengths() == [len(e.tokens) for e in expected]
    assert list(stored.questions()) == [(e.id, e.question, e.table.name) for e in expected]
    assert list(stored.answers()) == [e.answer for e in expected]
    assert [t.name for t in stored.tables()] == [f"t{n}" for n in range(8)]
    assert stored.unread_numbers() == 7
    assert opened(folder, limit=1400).unread_numbers() == 2
    assert list(stored.wordless()) == []
    # Tuples of a JSON text are lists to it.
    assert digest(stored.questions()) == digest((e.id, e.question, e.table.name) for e in expected)


def test_an_example_is_one_object_and_so_is_its_table(folder: Path) -> None:
    stored = opened(folder)
    first = stored[3]
    assert stored[3] is first and stored[3 - NUMBER] is first and stored[3:4][0] is first
    assert list(stored)[3] is first and list(stored.each())[3] is first
    assert list(stored)[4] is stored[4]
    assert stored[4].table is first.table
    assert first.tokens[0] is stored[7].tokens[0]


def test_passing_over_the_examples_keeps_none(folder: Path) -> None:
    stored = opened(folder)
    kept = stored[0]
    passed = weakref.WeakSet(stored.each())
    tables = weakref.WeakSet(e.table for e in stored.each())
    gc.collect()
    assert list(passed) == [kept]
    # The last ones stay for their neighbours.
    assert len(tables) <= 20
    assert sum(made is not None for made in stored._made) == 1
