"""Work on arrays, as for large tables, gives what plain loops give."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.exploration.tables.exhaustive import search_denotations
from sparse_rl.interpreters.tables.answers import ListAnswer
from sparse_rl.interpreters.tables.argument_trees import Choice
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language, plain_language, wtq_language
from sparse_rl.interpreters.tables.lazy_answer import LazyAnswer
from sparse_rl.interpreters.tables.row_sets import each_row, mask_of, mask_of_array, row_array
from sparse_rl.interpreters.tables.table import ColumnType, Relation, Table
from sparse_rl.interpreters.tables.table_world import State, TableWorld
from sparse_rl.interpreters.toys import enumerate_trajectories

SMALL = "sparse_rl.interpreters.tables.table.SMALL"
RELATIONS: dict[Relation, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: one == other,
    "gt": lambda one, other: one > other,
    "ge": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "le": lambda one, other: one <= other,
}
texts = st.sampled_from(("peru", "south peru", "Peru", "-", "a b", "a", "b a b"))
# Integers that no float holds, equal numbers of two types, and sums that depend on the order.
mixed = st.sampled_from((0, 1, 1.0, 2.5, -3, 0.1, 0.2, 1e17, 2**60, 2**60 + 1, -0.0))
floats = st.sampled_from((0.1, 0.2, 0.3, 1e17, -1e17, 2.5, -0.0))
numbers = mixed | floats
dates = st.builds(
    Date, st.sampled_from((1950, 1951, None, 2**70)), st.sampled_from((3, None)), st.just(1)
) | st.just(Date(1950))


def column_of(cells: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.none() | cells, min_size=1, max_size=70)


def large(column: list[Any], type_: ColumnType) -> Table:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SMALL, 0)
        return Table.of_views("t", ["x"], [type_], ["r.x"], [column], len(column))


def mask(holds: Callable[[Any], bool], column: list[Any]) -> int:
    return sum(1 << row for row, cell in enumerate(column) if cell is not None and holds(cell))


def kept(column: list[Any], rows: int) -> list[Any]:
    return [c for row, c in enumerate(column) if rows >> row & 1 and c is not None]


@given(st.lists(st.booleans(), max_size=1200))
def test_row_sets(held: list[bool]) -> None:
    rows = mask_of(held)
    assert rows == sum(1 << row for row, is_in in enumerate(held) if is_in)
    indices = [row for row, is_in in enumerate(held) if is_in]
    assert row_array(rows).tolist() == [*each_row(rows)] == indices
    assert mask_of_array(row_array(rows) >= 0) == (1 << len(indices)) - 1


@given(column_of(numbers), numbers)
def test_numbers_compare_as_in_a_loop(column: list[Any], value: float) -> None:
    table = large(column, "real")
    for relation, holds in RELATIONS.items():
        expected = mask(lambda cell, holds=holds: holds(cell, value), column)
        assert table.compared(0, relation, value) == expected
    assert table.compared(0, "eq", Date(1950)) == 0, "a date is no number"


@given(column_of(dates), dates)
def test_dates_compare_as_in_a_loop(column: list[Any], value: Date) -> None:
    table = large(column, "date")
    for relation, holds in RELATIONS.items():
        orders = [None if cell is None else cell.compare(value) for cell in column]
        assert table.compared(0, relation, value) == mask(
            lambda order, holds=holds: holds(order, 0), orders
        )


@given(column_of(texts), st.lists(texts.map(str.lower) | st.just("s\np"), max_size=2))
def test_words_are_found_as_in_a_loop(column: list[Any], strings: list[str]) -> None:
    table = large(column, "text")
    keys = table.keys(0)
    found = [any(f" {string} " in key for string in strings) for key in keys]
    assert table.containing(0, tuple(strings)) == mask(bool, found)


@given(column_of(numbers) | column_of(dates), st.randoms(use_true_random=False))
def test_extremes_are_those_of_a_loop(column: list[Any], rng: random.Random) -> None:
    is_date = any(isinstance(cell, Date) for cell in column)
    table = large(column, "date" if is_date else "real")
    rows = rng.getrandbits(len(column))
    values = kept(column, rows)
    for greatest, best in ((True, max), (False, min)):
        expected = 0
        if values:
            cell = best(values, key=lambda c: c.sort_key if is_date else c)
            expected = rows & mask(lambda other, cell=cell: other == cell, column)
        assert table.extreme(rows, 0, greatest) == expected


@given(column_of(texts) | column_of(numbers), st.randoms(use_true_random=False))
def test_counts_and_sums_are_those_of_a_loop(column: list[Any], rng: random.Random) -> None:
    is_text = any(isinstance(cell, str) for cell in column)
    table = large(column, "text" if is_text else "real")
    rows = rng.getrandbits(len(column))
    values = kept(column, rows)
    assert [*table.each_value(rows, 0)] == [*table.values(rows, 0)] == values
    counts = Counter(values)
    most = [value for value, count in counts.items() if count == max(counts.values())]
    # Of equal values, the first is named: 1 and 1.0 are written in two ways.
    assert [*map(repr, table.most_frequent(rows, 0))] == [*map(repr, most)]
    assert table.number_of_values(rows, 0) == len(counts)
    everywhere = Counter(column)
    assert table.repeated(0) == mask(lambda cell: everywhere[cell] > 1, column)
    if rows:
        same = len(values) == rows.bit_count() and len(counts) == 1
        assert table.is_constant(rows, 0) is same
    if values and not is_text:
        total: float = 0.0 if isinstance(values[0], float) else 0
        for value in values:
            total += value
        assert repr(table.total(rows, 0)) == repr(total)


def test_a_lazy_answer_is_its_tuple() -> None:
    read: list[int] = []

    def values() -> Iterator[int]:
        for value in (1, 2, 3):
            read.append(value)
            yield value

    answer = LazyAnswer(values)
    assert next(iter(answer)) == 1 and read == [1]
    assert answer == (1, 2, 3) and answer != (1, 2) and hash(answer) == hash((1, 2, 3))
    assert (len(answer), answer[1], answer[1:], [*answer]) == (3, 2, (2, 3), [1, 2, 3])
    assert len(read) == 4


MakeExample = Callable[[random.Random], Example]


def _both(make: MakeExample, seed: int, narrowing: bool) -> tuple[TableWorld, TableWorld]:
    """The same world on a table that counts as small, and on one that counts as large."""
    language = plain_language(3, narrowing)
    worlds = []
    for small in (200, -1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SMALL, small)
            worlds.append(TableWorld(make(random.Random(seed)), language))
    return worlds[0], worlds[1]


def _leaves(tree: Any) -> dict[tuple[int, ...], Any]:
    return dict(tree.leaves()) if isinstance(tree, Choice) else {(): tree} if tree else {}


@given(st.integers(0, 10**6), st.booleans())
def test_choices_of_arguments_are_all_that_have_a_value(
    annotated_example: MakeExample, seed: int, narrowing: bool
) -> None:
    rng = random.Random(seed)
    for world in _both(annotated_example, seed, narrowing):
        table = world.example.table
        rows = rng.getrandbits(table.size) & table.all_rows if table.size else 0
        for function in world.language.functions if rows else ():
            if function.pairs:
                continue
            expected = {}
            for chosen in product(*(world._candidates[kind] for kind in function.parameters)):
                value = function.call(table, rows, *(argument for _, argument in chosen))
                useless = narrowing and function.returns_rows and value == rows
                if value and not useless:
                    expected[tuple(action for action, _ in chosen)] = value
            trees = world.offers.trees
            assert trees.has_value(function, rows) is bool(expected)
            assert _leaves(trees.tree(function, rows)) == expected


@given(st.integers(0, 10**6), st.booleans())
def test_worlds_of_small_and_large_tables_are_the_same(
    annotated_example: MakeExample,
    random_walk: Callable[..., State],
    seed: int,
    narrowing: bool,
) -> None:
    small, large_ = _both(annotated_example, seed, narrowing)
    for walk in range(10):
        one, other = (
            random_walk(world, random.Random(seed + walk), filtering=0.5)
            for world in (small, large_)
        )
        assert (one.actions, repr(one.answer)) == (other.actions, repr(other.answer))
        state, twin = small.start(), large_.start()
        for action in one.actions:
            assert state.valid == twin.valid
            state, twin = small.step(state, action), large_.step(twin, action)


@pytest.mark.parametrize("seed", range(6))
def test_all_rewarded_programs_are_the_same(
    annotated_example: MakeExample, random_walk: Callable[..., State], seed: int
) -> None:
    names = ("hop", "count", "argmax", "mode", "same_as", "diff", "filter_ge", "first")
    chosen = tuple(f for f in wtq_language().functions if f.name in names)
    language = Language(chosen, 3)
    worlds = [TableWorld(w.example, language) for w in _both(annotated_example, seed, True)]
    answer = random_walk(worlds[0], random.Random(seed)).answer
    found = []
    for world in worlds:
        world = TableWorld(replace(world.example, answer=ListAnswer(answer or ())), language)
        rewarded = {walk.actions for walk in enumerate_trajectories(world) if walk.reward}
        assert {*search_denotations(world, 10**6).programs} == rewarded
        found.append(rewarded)
    assert found[0] == found[1] and found[0]
