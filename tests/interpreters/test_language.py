"""The functions' examples, and what their type hints say."""

from __future__ import annotations

import doctest
import importlib

import pytest

from sparse_rl.interpreters import functions as module
from sparse_rl.interpreters.functions import (
    average,
    count,
    hop,
    maximum,
    sum,
)
from sparse_rl.interpreters.language import Language, wikisql_language, wtq_language
from sparse_rl.interpreters.signature import (
    Answer,
    Function,
    Ordered,
    Rows,
    Strings,
)
from sparse_rl.interpreters.table import (
    NumberProperty,
    OrderedProperty,
    Property,
    StringProperty,
    Table,
)


@pytest.mark.parametrize(
    "name", ["functions", "dates", "mentions", "sql", "sql_names", "sql_select", "text"]
)
def test_examples_run(name: str) -> None:
    results = doctest.testmod(importlib.import_module(f"sparse_rl.interpreters.{name}"))
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
    def first(table: Table, rows: Rows) -> Rows:
        return Rows(rows & -rows)

    def double(table: Table, rows: Rows, column: NumberProperty) -> Answer:
        return tuple(2 * v for v in table.values(rows, column.column) if not isinstance(v, str))

    functions = (Function.of(first), Function.of(double), Function.of(count))
    assert [f.returns_rows for f in functions] == [True, False, False]
    assert functions[1].parameters == (NumberProperty,)
    assert Language(functions).names == ("first", "double", "count")


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


def test_limits() -> None:
    with pytest.raises(ValueError, match="add count"):
        Language((Function.of(hop),))
    with pytest.raises(ValueError, match="at least one expression"):
        wikisql_language(max_expressions=0)
