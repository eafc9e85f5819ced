"""The functions' examples, and what their type hints say."""

from __future__ import annotations

import doctest
import importlib

import pytest

from sparse_rl.interpreters.tables import functions as module
from sparse_rl.interpreters.tables.annotated import AnnotatedCell
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.functions import (
    argmax,
    argmin,
    average,
    count,
    diff,
    filter_eq,
    filter_in,
    filter_le,
    filter_ne,
    filter_not_in,
    first,
    hop,
    last,
    maximum,
    minimum,
    mode,
    next_,
    previous,
    same_as,
    sum,
)
from sparse_rl.interpreters.tables.language import Language, wikisql_language, wtq_language
from sparse_rl.interpreters.tables.registry import language_function
from sparse_rl.interpreters.tables.signature import (
    Answer,
    Function,
    OneRow,
    Ordered,
    Rows,
    Strings,
)
from sparse_rl.interpreters.tables.table import (
    DateProperty,
    NumberProperty,
    OrderedProperty,
    Property,
    StringProperty,
    Table,
)


@pytest.mark.parametrize(
    "name",
    ["functions", "dates", "mentions", "sql", "sql_cells", "sql_names", "text", "typed_answers"],
)
def test_examples_run(name: str) -> None:
    results = doctest.testmod(importlib.import_module(f"sparse_rl.interpreters.tables.{name}"))
    assert results.attempted and not results.failed


def test_every_function_has_an_example() -> None:
    found = {t.name.rpartition(".")[2] for t in doctest.DocTestFinder().find(module) if t.examples}
    assert {function.call.__name__ for function in wtq_language().functions} <= found


def test_signatures_are_read_off_the_type_hints() -> None:
    read = {f.name: (f.parameters, f.returns_rows) for f in wikisql_language().functions}
    assert read == {
        "hop": ((Property,), False),
        "filter_in": ((Strings, StringProperty), True),
        "filter_eq": ((Ordered, OrderedProperty), True),
        "filter_gt": ((Ordered, OrderedProperty), True),
        "filter_lt": ((Ordered, OrderedProperty), True),
        "count": ((), False),
        "maximum": ((OrderedProperty,), False),
        "minimum": ((OrderedProperty,), False),
        "sum": ((NumberProperty,), False),
        "average": ((NumberProperty,), False),
    }


def test_a_new_function_is_one_annotated_python_function() -> None:
    @language_function
    def front(table: Table, rows: Rows) -> Rows:
        return Rows(rows & -rows)

    @language_function
    def double(table: Table, rows: Rows, column: NumberProperty) -> Answer:
        return tuple(2 * v for v in table.values(rows, column.column) if not isinstance(v, str))

    language = wikisql_language().extended(front, double)
    assert language.names[-3:] == ("average", "front", "double")
    assert [f.returns_rows for f in language.functions[-2:]] == [True, False]
    assert language.functions[-1].parameters == (NumberProperty,)


def test_no_value_is_empty() -> None:
    table = Table("t", ["x"], ["real"], [[""], [1]])
    (x,) = table.properties
    assert isinstance(x, NumberProperty)
    empty = Rows(0b01)
    assert hop(table, empty, x) == maximum(table, empty, x) == sum(table, empty, x) == ()
    assert average(table, empty, x) == ()
    assert count(table, empty) == (1,), "rows are counted, not cells"
    assert average(table, Rows(0b11), x) == (1.0,), "an empty cell is no zero"


@pytest.mark.parametrize(
    ("cells", "total"), [([1, 2], 3), ([1, 2.5], 3.5), ([1.0, 2], 3.0), ([2**62] * 4, 2**64)]
)
def test_sums_stay_integers_where_all_values_are(cells: list[float], total: float) -> None:
    table = Table("t", ["x"], ["real"], [[cell] for cell in cells])
    (x,) = table.properties
    assert isinstance(x, NumberProperty)
    found = sum(table, Rows(table.all_rows), x)
    assert found == (total,) and type(found[0]) is type(total)


def wide() -> Table:
    """x: text; y: 3, 1, none, 3; z: 1950, 1950-06, 1951, none."""
    numbers = (3.0, 1.0, None, 3.0)
    dates = (Date(1950), Date(1950, 6), Date(1951), None)
    texts = ("Peru", "south Peru", "", "Chile")
    rows = [
        [AnnotatedCell(text), AnnotatedCell("-", number), AnnotatedCell("-", date=date)]
        for text, number, date in zip(texts, numbers, dates, strict=True)
    ]
    return Table.annotated("t", ["x", "y", "z"], rows)


def test_edges_of_the_functions() -> None:
    table = wide()
    x, y, z = (table.properties[i] for i in (0, 2, 4))
    assert isinstance(x, StringProperty) and isinstance(y, NumberProperty)
    assert isinstance(z, DateProperty)
    rows = Rows(table.all_rows)
    assert filter_eq(table, rows, 3.0, y) == 0b1001
    assert filter_ne(table, rows, 3.0, y) == 0b0110, "a row without a value is another one"
    assert filter_eq(table, rows, Date(1950, 6), z) == 0b0011
    assert filter_ne(table, rows, Date(1950, 6), z) == 0b1100
    assert filter_ne(table, rows, 3.0, z) == filter_le(table, rows, Date(1950), y) == 0
    assert filter_le(table, rows, Date(1950, 6), z) == 0b0011
    peru = Strings(("peru",))
    assert filter_in(table, rows, peru, x) == 0b0011
    assert filter_not_in(table, rows, peru, x) == 0b1100
    assert (argmax(table, rows, y), argmin(table, rows, y)) == (0b1001, 0b0010)
    assert (argmax(table, rows, z), argmin(table, rows, z)) == (0b0100, 0b0001)
    assert argmax(table, Rows(0b0100), y) == 0, "a row without a value is left out"
    assert (first(table, rows), last(table, rows)) == (0b0001, 0b1000)
    assert first(table, Rows(0b0010)) == last(table, Rows(0b0010)) == 0
    assert (previous(table, rows), next_(table, rows)) == (0b0111, 0b1110)
    assert (maximum(table, rows, z), minimum(table, rows, z)) == ((Date(1951),), (Date(1950),))
    assert mode(table, rows, y) == (3.0,) and mode(table, Rows(0b0110), z) == (
        Date(1950, 6),
        Date(1951),
    )
    assert same_as(table, OneRow(0b0001), y) == 0b1000
    assert same_as(table, OneRow(0b1001), y) == same_as(table, OneRow(0b0100), y) == 0
    assert diff(table, OneRow(0b0001), OneRow(0b0010), y) == (2.0,)
    assert diff(table, OneRow(0b0001), OneRow(0b0001), y) == ()
    assert diff(table, OneRow(0b0001), OneRow(0b0100), y) == ()
    assert diff(table, OneRow(0b0001), OneRow(0b1010), y) == ()


def test_hop_gives_a_set_in_the_language_of_wikitables() -> None:
    table = wide()
    calls = {f.call.__name__: f.call for f in wtq_language().functions if f.name == "hop"}
    assert calls["distinct_hop"](table, table.all_rows, table.properties[2]) == (3.0, 1.0)
    assert hop(table, Rows(table.all_rows), table.properties[2]) == (3.0, 1.0, 3.0)
    assert len(wtq_language().functions) == 23


def test_tall_tables_are_fast() -> None:
    rows = [[AnnotatedCell(str(i % 100), float(i % 100))] for i in range(5000)]
    table = Table.annotated("tall", ["x"], rows)
    x, y = table.properties
    assert isinstance(x, StringProperty) and isinstance(y, NumberProperty)
    everything = Rows(table.all_rows)
    assert filter_in(table, everything, Strings(("7",)), x).bit_count() == 50
    assert argmax(table, everything, y).bit_count() == 50
    assert mode(table, everything, y)[:2] == (0.0, 1.0)
    assert sum(table, everything, y) == (50 * 99 * 50.0,)


def test_limits() -> None:
    with pytest.raises(ValueError, match="add count"):
        Language((Function.of(hop),))
    with pytest.raises(ValueError, match="set max_expressions between 1 and 16"):
        wikisql_language(max_expressions=0)
