"""Fictitious tables: other rows, the same values."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.interpreters.tables.annotated import AnnotatedCell
from sparse_rl.interpreters.tables.fictitious import fictitious, shuffled
from sparse_rl.interpreters.tables.table import Table


def numbered(size: int) -> Table:
    """A table whose cells say their row; its first column is text and number."""
    cells = [[AnnotatedCell(f"{i} km", float(i)), AnnotatedCell(f"name{i}")] for i in range(size)]
    return Table.annotated("t", ["length", "name"], cells)


def rows(table: Table) -> list[tuple[object, ...]]:
    return list(zip(*table.columns, strict=True))


@given(st.integers(1, 12), st.randoms(use_true_random=False))
def test_cells_only_move_within_their_column(size: int, rng: random.Random) -> None:
    table = numbered(size)
    other = fictitious(table, rng)
    assert other.properties == table.properties and other.types == table.types
    assert 1 <= other.size <= size
    for cells, original in zip(other.columns, table.columns, strict=True):
        assert len(cells) == other.size and Counter(cells) <= Counter(original)
    text, number, _ = other.columns
    assert [f"{n:g} km" for n in number] == list(text), "the views of a cell stay together"


@given(st.integers(0, 12), st.randoms(use_true_random=False))
def test_shuffled_tables_have_the_same_rows(size: int, rng: random.Random) -> None:
    table = numbered(size)
    assert sorted(rows(shuffled(table, rng))) == sorted(rows(table))


def test_columns_move_apart_and_rows_are_dropped() -> None:
    table = numbered(40)
    others = [fictitious(table, random.Random(seed)) for seed in range(5)]
    broken = [len(set(rows(other)) - set(rows(table))) / other.size for other in others]
    assert all(0.4 < share < 0.95 for share in broken)
    assert any(other.size < table.size for other in others)
    assert others[0].columns == fictitious(table, random.Random(0)).columns
    assert others[0].columns != others[1].columns
