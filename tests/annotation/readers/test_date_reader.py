"""Dates as people write them, in cells and questions."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparse_rl.annotation.readers import dates
from sparse_rl.annotation.readers.columns import read_columns
from sparse_rl.annotation.readers.dates import (
    ORDERS,
    Order,
    date_mentions,
    read_date,
    read_date_text,
)
from sparse_rl.annotation.readers.durations import read_duration
from sparse_rl.interpreters.tables.dates import Date

GERMAN = str.split(
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
)
FORMATS: dict[str, Callable[[datetime.date], str]] = {
    **{
        form: lambda day, form=form: day.strftime(form)  # type: ignore[misc]
        for form in (
            *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y"),
            *("%d-%m-%Y", "%d %B %Y", "%B %d, %Y", "%b %d, %Y", "%b. %d, %Y", "%d-%b-%Y"),
            *("%A, %d %B %Y", "%a %d %b %Y", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d 10:30", "%d %b '%y"),
            *("%G-W%V-%u", "%Y%m%dT%H%M%SZ", "%a %b %d %H:%M:%S %Y", "%d/%b/%Y:%H:%M:%S +0000"),
            *("%a, %d %b %Y %H:%M:%S +0000", "%Y年%m月%d日", "%B %d, %Y at 3 pm", "%d.%m.%Y (%a)"),
            *("%d/%m/%y", "%m/%d/%y", "the %dth of %B %Y", "%Y %b %d", "%d-%b-%y", "%d.%m.%y"),
        )
    },
    "german": lambda day: f"{day.day}. {GERMAN[day.month - 1]} {day.year}",
    "days of a spreadsheet": lambda day: str((day - datetime.date(1899, 12, 30)).days),
    "without zeros": lambda day: f"{day.month}/{day.day}/{day.year}",
}


@settings(max_examples=75, deadline=None)
@given(
    st.sampled_from(sorted(FORMATS)),
    st.lists(st.dates(datetime.date(1969, 1, 1), datetime.date(2068, 12, 31)), max_size=5),
)
def test_a_column_of_dates_is_read_back_exactly(form: str, days: list[datetime.date]) -> None:
    # The 31st decides the order of day and month.
    days = [*days, datetime.date(1999, 12, 31)]
    (column,) = read_columns(["Date"], [[FORMATS[form](day)] for day in days])
    for day in days:
        assert column.value(FORMATS[form](day)) == Date(day.year, day.month, day.day)


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("after 2021-02-01", ["2021-02-01"]),
        ("on 15.03.2021 or 3/15/2021", ["2021-03-15", "2021-03-15"]),
        ("the 15th of March 2021", ["2021-03-15"]),
        ("Mar. 15, 2021 and 15-Mar-2021", ["2021-03-15", "2021-03-15"]),
        ("in March, in May or June", ["xxxx-03-xx", "xxxx-05-xx", "xxxx-06-xx"]),
        ("may they march in 5 km", []),
        ("between 2001 and 2005", ["2001-xx-xx", "2005-xx-xx"]),
        ("in Q4 2020 or the first quarter of 2021", ["2020-10-xx", "2021-01-xx"]),
        ("on 5 May, June 7th, or March 2020", ["xxxx-05-05", "xxxx-06-07", "2020-03-xx"]),
        ("version 1.2.3 has 12.5 points of 3/4", []),
    ],
)
def test_dates_that_a_text_mentions(text: str, dates: list[str]) -> None:
    assert [str(found.date) for found in date_mentions(text)] == dates


@pytest.mark.parametrize(
    "text", ["30.02.2020", "31/12/20x", "2021-13-01", "12.5", "soon", "5.2020"]
)
def test_what_is_no_date(text: str) -> None:
    assert read_date(text) is None and read_date(text, "day first") is None


@given(st.integers(0, 10**6))
def test_a_duration_is_read_back(seconds: int) -> None:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    assert read_duration(f"{hours}:{minutes:02d}:{rest:02d}") == seconds
    assert read_duration(f"{hours}h {minutes}min {rest}s") == seconds


BEGINNINGS = (
    *("3/4/2020", "'99-01-02", "H2 2020", "2020 H1", "Q1 '20", "4Q2020", "first quarter of 2020"),
    *("last quarter in 2020", "1st quarter 2020", "week 5 of 2020", "KW 12/2020", "2020-W05"),
    *("Wednesday, the 3rd of May 2020", "tues 3 May 2020", "the second of May 2020", "THE 4 May"),
    *("twenty-first May 2020", "Thirty-First of August", "٣ May 2020", "2020년 5월 3일", "’ May"),
)


@pytest.mark.parametrize("order", ORDERS)
def test_no_date_is_lost_by_a_look_at_its_beginning(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most cells are passed over by their first letters."""
    names = [shape.format(name) for name in dates.MONTHS for shape in ("{}", "{}. 3", "{} 2020")]
    texts = [case(text) for text in (*names, *BEGINNINGS) for case in (str, str.upper)]
    texts += [f"{word} of May 2020" for word in dates._RANKS]
    read = dates.read_date_text.__wrapped__
    found = [read(text, order) for text in texts]
    assert sum(one is not None for one in found) > 0.9 * len(texts)
    monkeypatch.setattr(dates, "_BEGIN", re.compile(""))
    assert found == [read(text, order) for text in texts]
    assert dates.read_date_text.__wrapped__("player 2020") is None


_FIELD = st.integers(0, 40).map(lambda n: f"{n:02d}")


@given(
    st.tuples(st.sampled_from(["2010", "0000", "00"]), _FIELD, _FIELD).flatmap(st.permutations),
    st.sampled_from("-/."),
    st.sampled_from(ORDERS),
)
def test_no_digits_are_an_error(fields: list[str], mark: str, order: Order) -> None:
    """A month or day of 0, as databases write an unknown one, is no date."""
    found = read_date_text(mark.join(fields), order)
    assert found is None or (found.date.month != 0 and found.date.day != 0)
