"""Typed columns, property names and row masks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.annotated import AnnotatedCell
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.table import DateProperty, NumberProperty, StringProperty, Table


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


def annotated(*columns: list[AnnotatedCell], header: list[str] | None = None) -> Table:
    names = header or ["x"] * len(columns)
    return Table.annotated("t", names, list(zip(*columns, strict=True)))


def test_an_annotated_column_gives_its_views() -> None:
    score = [AnnotatedCell("3 - 1", 3.0, 1.0), AnnotatedCell(" Won "), AnnotatedCell("")]
    day = [AnnotatedCell("2010", 2010.0, date=Date(2010)), AnnotatedCell("?"), AnnotatedCell("?")]
    table = annotated(score, day, header=["Score", "Day"])
    assert [p.name for p in table.properties] == [
        *("r.score-string", "r.score-number", "r.score-num2"),
        *("r.day-string", "r.day-number", "r.day-date"),
    ]
    assert table.types == ("text", "real", "real", "text", "real", "date")
    assert table.header == ("Score",) * 3 + ("Day",) * 3
    assert table.columns[0] == ("3 - 1", "Won", None), "letter case is kept"
    assert table.columns[2] == (1.0, None, None)
    assert table.columns[5] == (Date(2010), None, None)
    assert [type(p) for p in table.properties[4:]] == [NumberProperty, DateProperty]


def test_rare_views_are_not_offered() -> None:
    for others, offered in ((4, True), (5, False)):
        cells = [AnnotatedCell("7", 7.0), *[AnnotatedCell("x")] * others]
        table = annotated(cells)
        assert ("real" in table.types) is offered


def test_numbers_of_long_cells_do_not_count() -> None:
    for words, value in ((9, 7.0), (10, None)):
        long = AnnotatedCell(" ".join(["7"] * words), 7.0, date=Date(7))
        table = annotated([long, AnnotatedCell("7", 7.0)])
        assert table.columns[1] == (value, 7.0)
        assert table.columns[2] == (Date(7), None), "dates are not concerned"


def test_views_of_one_column_share_its_slug() -> None:
    table = annotated([AnnotatedCell("x")], [AnnotatedCell("1", 1.0)], header=["a", "A"])
    names = [p.name for p in table.properties]
    assert names == ["r.a-string", "r.a_2-string", "r.a_2-number"]


def test_annotated_rows_are_checked() -> None:
    with pytest.raises(DataError, match=r"row 1 of table t: it has 1 cells and the header has 2"):
        Table.annotated("t", ["x", "y"], [[AnnotatedCell("a")]])


def test_partial_dates_compare_on_what_they_share() -> None:
    dates = [Date(1950), Date(1950, 6), Date(1951), Date(None, 6, 1), None]
    table = annotated([AnnotatedCell("x", date=date) for date in dates])
    june = Date(1950, 6)
    assert table.compared(1, "eq", june) == 0b01011
    assert table.compared(1, "gt", june) == 0b00100
    assert table.compared(1, "ge", june) == 0b01111
    assert table.compared(1, "lt", Date(1951)) == 0b00011, "nothing is shared with a day of June"
    assert table.compared(1, "le", 1951.0) == 0, "a number is no date"


def test_extremes_and_equal_values() -> None:
    dates = [Date(1951), Date(None, 6), Date(1950, 6), Date(1950), None, Date(1951)]
    table = annotated([AnnotatedCell("x", date=date) for date in dates])
    assert table.ranked(1) == [Date(None, 6), Date(1950), Date(1950, 6), Date(1951)]
    assert table.equal(1, Date(1951)) == table.extreme(0b111111, 1, greatest=True) == 0b100001
    assert table.extreme(0b111111, 1, greatest=False) == 0b10
    assert table.extreme(0b11100, 1, greatest=False) == 0b1000
    assert table.extreme(0b10000, 1, greatest=True) == 0
    assert table.indices(0b100110) == (1, 2, 5)


def test_more_columns_than_action_ids_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparse_rl.interpreters.tables.table.MAX_VIEWS", 2)
    with pytest.raises(DataError, match=r"at most 2 columns, .*: table wide has 3"):
        Table("wide", ["a", "b", "c"], ["text"] * 3, [])
