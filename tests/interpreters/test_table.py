"""Typed columns, property names and row masks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.interpreters.errors import DataError
from sparse_rl.interpreters.table import NumberProperty, StringProperty, Table


def medals() -> Table:
    rows = [["Brazil", 7], ["South  Peru ", 3.5], ["", ""], ["PERU", "1,200"], [" - ", None]]
    return Table("medals", ["Nation", "Golds"], ["text", "real"], rows)


def names(*header: str, types: str = "") -> list[str]:
    kinds = ["real" if t == "r" else "text" for t in types or "t" * len(header)]
    return [p.name for p in Table("t", header, kinds, []).properties]  # type: ignore[arg-type]


def test_views() -> None:
    table = medals()
    nation, golds = table.properties
    assert (type(nation), nation.column, nation.name) == (StringProperty, 0, "r.nation-string")
    assert (type(golds), golds.column, golds.name) == (NumberProperty, 1, "r.golds-number")
    assert table.columns == (
        ("brazil", "south  peru", None, "peru", "-"),
        (7, 3.5, None, 1200.0, None),
    )
    assert table.keys(0) == (" brazil ", " south peru ", "", " peru ", "  ")


def test_property_names_are_distinct() -> None:
    assert names("a", "A ", "a!") == ["r.a-string", "r.a_2-string", "r.a_3-string"]
    assert names("a", "a 2", "a") == ["r.a-string", "r.a_2-string", "r.a_3-string"]
    assert names("a", "a", types="tr") == ["r.a-string", "r.a-number"]
    assert names("", " - ", "") == ["r.column-string", "r.column_2-string", "r.column_3-string"]
    assert names("Größe (cm)") == ["r.große_cm-string"]


@given(st.lists(st.text(max_size=6)))
def test_property_names_are_one_word_each(header: list[str]) -> None:
    found = names(*header)
    assert len(set(found)) == len(header)
    assert not any(set(name) & set(" ()[]'\t\n") for name in found)


def test_masks() -> None:
    table = medals()
    assert table.all_rows == 0b11111
    assert table.present(0) == 0b11011
    assert table.present(1) == 0b01011
    assert table.containing(0, ("peru",)) == 0b01010
    assert table.containing(0, ("per",)) == 0, "whole words only"
    assert table.containing(0, ("peru", "brazil")) == 0b01011
    assert table.compared(1, "eq", 7.0) == 0b00001
    assert table.compared(1, "gt", 3.5) == 0b01001
    assert table.compared(1, "lt", 1e9) == 0b01011, "an empty cell is never less"
    assert table.containing(0, ("peru",)) == 0b01010, "the second time from memory"


def test_values_keep_row_order_and_duplicates() -> None:
    table = Table("t", ["x"], ["text"], [["b"], ["a"], [""], ["b"]])
    assert table.values(0b1111, 0) == ("b", "a", "b")
    assert table.values(0b1010, 0) == ("a", "b")
    assert table.values(0b0100, 0) == table.values(0, 0) == ()


@given(st.lists(st.lists(st.integers(0, 3) | st.just(""), min_size=2, max_size=2), max_size=70))
def test_masks_are_what_a_loop_finds(rows: list[list[int | str]]) -> None:
    table = Table("t", ["x", "y"], ["real", "real"], rows)  # type: ignore[arg-type]
    greater = [i for i, row in enumerate(rows) if row[1] != "" and int(row[1]) > 1]
    assert table.compared(1, "gt", 1) == sum(1 << i for i in greater)
    kept = tuple(rows[i][0] for i in greater if rows[i][0] != "")
    assert table.values(table.compared(1, "gt", 1), 0) == kept


def test_empty_tables() -> None:
    table = Table("t", ["x"], ["real"], [])
    assert (table.size, table.all_rows, table.columns, table.present(0)) == (0, 0, ((),), 0)
    assert Table("t", [], [], []).properties == ()


def test_a_number_is_finite_and_fits_64_bits() -> None:
    cells = [[math.nan], ["nan"], [2**63 - 1], [2**63], [-(10**30)]]
    (column,) = Table("t", ["x"], ["real"], cells).columns
    assert column == (None, None, 2**63 - 1, float(2**63), -1e30)
    assert [type(cell) for cell in column[2:]] == [int, float, float]


@pytest.mark.parametrize(
    ("types", "rows", "said"),
    [
        (["text", "text"], [["a", "b"], ["c"]], r"row 2 of table t.*1 cells.*2"),
        (["text", "text"], [["a", "b", "c"]], r"row 1 of table t"),
        (["text"], [], r"one type per column: table t has 2 headers and 1 types"),
        (["text", "real"], [["a", True]], r"row 1, column 'y' of table t, not True"),
        (["text", "real"], [[["a"], 1]], r"row 1, column 'x' of table t"),
    ],
)
def test_malformed_tables_name_the_place(types: list[str], rows: list[object], said: str) -> None:
    with pytest.raises(DataError, match=said):
        Table("t", ["x", "y"], types, rows)  # type: ignore[arg-type]


def test_cells_of_a_number_column_that_are_no_numbers_are_counted() -> None:
    rows = [["1,200"], ["n/a"], [math.inf], [10**400], [""], [None], [math.nan]]
    table = Table("t", ["y"], ["real"], rows)
    assert table.columns == ((1200.0, None, None, None, None, None, None),)
    assert table.unread_numbers == 3
