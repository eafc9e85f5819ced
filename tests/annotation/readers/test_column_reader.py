"""What a cell leaves open, all cells of its column decide."""

from __future__ import annotations

from typing import Any

import pytest

from sparse_rl.annotation.readers.column_options import column_options
from sparse_rl.annotation.readers.columns import ColumnReading, read_columns
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.dates import Date


def column(*cells: str, header: str = "c", **options: Any) -> ColumnReading:
    given = column_options({header: options}) if options else {}
    return read_columns([header], [[cell] for cell in cells], given)[0]


def values(*cells: str, header: str = "c", **options: Any) -> list[Any]:
    found = column(*cells, header=header, **options)
    return [found.value(cell) for cell in cells]


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (("(1,234)", "-300", "900"), [-1234, -300, 900]),
        (("12,5", "7,25", "3"), [12.5, 7.25, 3]),
        (("1.234,50", "950,00", "2.000,00"), [1234.5, 950, 2000]),
        (("12,5", "1.234"), [12.5, 1234]),
        (("1.234", "1,5"), [1234, 1.5]),
        (("1,234", "2,345"), [1234, 2345]),
        (("1.234", "2.345"), [1.234, 2.345]),
        (("950", "12.500"), [950, 12500]),
        (("1 234", "5"), [1234, 5]),
        (("1'234", "5.5"), [1234, 5.5]),
        (("7", "#N/A", "--", "n.a.", "9"), [7, None, None, None, 9]),
        (("5 kg", "7 kg"), [5, 7]),
        (("350 m", "3.5m"), [350, 3.5]),
        (("$3.5m", "$950,000"), [3_500_000, 950_000]),
        (("1.2M", "950K", "12"), [1_200_000, 950_000, 12]),
        (("1st", "2nd", "3rd"), [1, 2, 3]),
    ],
)
def test_numbers(cells: tuple[str, ...], read: list[float]) -> None:
    assert column(*cells).type == "number"
    assert values(*cells) == read


def test_an_open_column_follows_the_others() -> None:
    amounts, counts = read_columns(["a", "b"], [["12,5", "1.234"], ["3", "2.000"]])
    assert (amounts.value("12,5"), counts.value("1.234")) == (12.5, 1234)
    assert "could be 1.234" in counts.line
    _, second = read_columns(["a", "b"], [["31/12/2020", "01/02/2021"]])
    assert second.value("01/02/2021") == Date(2021, 2, 1) and "could be month first" in second.line


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (("31/12/2020", "01/02/2021"), ["2020-12-31", "2021-02-01"]),
        (("12/31/2020", "01/02/2021"), ["2020-12-31", "2021-01-02"]),
        (("01/02/2021",), ["2021-01-02"]),
        (("01.02.2021",), ["2021-02-01"]),
        (("Q1 2021", "Q4 2020", "-"), ["2021-01-xx", "2020-10-xx", "None"]),
        (("March 2021", "Apr 2021"), ["2021-03-xx", "2021-04-xx"]),
    ],
)
def test_dates(cells: tuple[str, ...], read: list[str]) -> None:
    assert column(*cells).type == "date"
    assert [str(value) for value in values(*cells)] == read


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Code", ("007", "123")),
        ("Build", ("98765432109876543210", "98765432109876543211")),
        ("Part", ("12E3", "45E7")),
        ("Version", ("1.2", "1.10")),
        ("Package", ("1.2.10", "2.0")),
        ("Phone", ("555 123 456", "555 123 457")),
        ("Contact", ("+4722334455", "+4722334456")),
        ("ZIP", ("10115", "20095")),
    ],
)
def test_identifiers_stay_text(header: str, cells: tuple[str, ...]) -> None:
    found = column(*cells, header=header)
    assert found.type == "identifier" and found.line
    assert values(*cells, header=header) == [None] * len(cells)


def test_years_are_numbers() -> None:
    assert column("1990", "2004").years and values("1990", "2004") == [1990, 2004]


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (("1", "2", "soon"), "'soon' (row 3) is no number"),
        (("1E400", "5", "7"), "'1E400' (row 1)"),
        (("31/12/2020", "12/31/2020"), "'31/12/2020' (row 1) has the day first"),
        (("1,234.5", "1.234,5"), "'1.234,5' (row 2) a decimal comma"),
        (("5 kg", "700 g"), "kg and g"),
        (("$5", "€7"), "EUR and USD"),
        (("12%", "0.12"), "'0.12' (row 2) has no percent sign"),
        (("2020-01-01", "2020-01-02", "2020-02-30"), "'2020-02-30' (row 3) is no date"),
    ],
)
def test_cells_that_contradict_are_named(cells: tuple[str, ...], says: str) -> None:
    (warning,) = column(*cells).warnings
    assert says in warning


def test_text_is_silent() -> None:
    found = column("Oslo", "7", "3 Doors Down", "-")
    assert (found.type, found.line, found.warnings) == ("text", "", ())


@pytest.mark.parametrize(
    ("options", "cells", "read"),
    [
        ({"type": "text"}, ("1", "2"), [None, None]),
        ({"type": "number"}, ("007", "12E3"), [7, 12000]),
        ({"decimal": ","}, ("1,234",), [1.234]),
        ({"order": "day first"}, ("01/02/2021",), [Date(2021, 2, 1)]),
        ({"missing": ["x"]}, ("1", "x"), [1, None]),
        ({"unit": "m"}, ("3.5m", "5k"), [3.5, 5000]),
        ({"type": "duration"}, ("1:30",), [5400]),
    ],
)
def test_a_user_decides(options: dict[str, Any], cells: tuple[str, ...], read: list[Any]) -> None:
    assert values(*cells, **options) == read


@pytest.mark.parametrize(
    ("options", "cells", "says"),
    [
        ({"type": "number"}, ("1", "soon"), r"'soon' \(row 2\) is no number"),
        ({"type": "date"}, ("2020-01-01", "x"), r"'x' \(row 2\) is no date"),
        ({"decimal": ",", "type": "number"}, ("1.5",), r"'1.5' \(row 1\)"),
        ({"type": "whole"}, ("1",), "one of text, number"),
        ({"kind": "x"}, ("1",), "choose from type, decimal"),
        ({"missing": "x"}, ("1",), "list of texts"),
    ],
)
def test_wrong_choices(options: dict[str, Any], cells: tuple[str, ...], says: str) -> None:
    with pytest.raises(DataError, match=says):
        column(*cells, **options)


def test_options_need_a_column() -> None:
    with pytest.raises(DataError, match="name a column of the table, not 'b'"):
        read_columns(["a"], [["1"]], column_options({"b": "text"}))


def test_durations() -> None:
    assert values("1:02:03", "59:30") == [3723, 3570]
    assert values("2h 15m", "45m") == [8100, 2700]
