"""Columns of the kinds that reports about readers of tables complain about: right, or told."""

from __future__ import annotations

from typing import Any

import pytest

from sparse_rl.annotation.readers.columns import read_columns
from sparse_rl.interpreters.tables.dates import Date


def of(kind: str, header: str, cells: str, values: str, says: str = "") -> Any:
    """Names a case; cells and values are separated by ` | `."""
    split = [part.split(" | ") for part in (cells, values)]
    return pytest.param(header, *split, says, id=kind)


def written(value: float | Date | None) -> str:
    return (
        ""
        if value is None
        else repr(value).removesuffix(".0")
        if isinstance(value, float)
        else str(value)
    )


NUMBERS = (
    of("vulgar fraction", "Cups", "½ | 1 | 2¾", "0.5 | 1 | 2.75"),
    of("mixed number", "Inches", "1 1/2 | 3/4 | 2", "1.5 | 0.75 | 2"),
    of("mixed number with a hyphen", "Inches", "1-1/2 | 2-3/4 | 3", "1.5 | 2.75 | 3"),
    of("fraction slash", "Cups", "1⁄2 | 3 | 1 1⁄4", "0.5 | 3 | 1.25"),
    of("thin space thousands", "People", "1\u2009234 | 5\u2009678\u2009901", "1234 | 5678901"),
    of("narrow no-break space thousands", "Ventes", "1\u202f234,5 | 12\u202f000", "1234.5 | 12000"),
    of("figure space thousands", "People", "12\u2007345 | 6", "12345 | 6"),
    of("no-break space before a unit", "Way", "12\u00a0km | 7\u00a0km", "12 | 7"),
    of("Swiss apostrophes", "Fr.", "CHF 1'234.50 | CHF 12’000.–", "1234.5 | 12000"),
    of("Indian grouping", "Rs", "₹12,34,567 | ₹1,00,000.50", "1234567 | 100000.5"),
    of("Rs. before an amount", "Fee", "Rs. 500 | Rs 1,200", "500 | 1200"),
    of("accounting negative", "P&L", "(1,234) | 56 | (7)", "-1234 | 56 | -7", "(1) is -1"),
    of("accounting negative with a sign outside", "P&L", "$(1,234) | $ 56", "-1234 | 56"),
    of("accounting negative per cent", "Change", "(5%) | 3%", "-5 | 3"),
    of("accounting zero is a dash", "P&L", "$ - | $ 1,200 | $ (30)", "0 | 1200 | -30", "$ - is 0"),
    of("no difference", "Diff.", "+60 | ±0 | −34", "60 | 0 | -34", "±0 is 0"),
    of("no difference with decimals", "Diff.", "+6,5 | ± 0,0 | −3", "6.5 | 0 | -3", "± 0,0 is 0"),
    of("wide currency sign", "Price", "￥99 | ￥1,200", "99 | 1200"),
    of("side of an account", "Net", "(5.00) | 5.00 CR", "-5 | 5", "'(5.00)' (row 1) has no 'CR'"),
    of("unit in some cells", "Way", "5 km | 10", "5 | 10", "'10' (row 2) has no 'km', others have"),
    of("trailing minus", "Amount", "12- | 300.50- | 45", "-12 | -300.5 | 45", "12- is -12"),
    of("unicode minus", "°C", "\u22125 | 7 | \u221212", "-5 | 7 | -12"),
    of("non-breaking hyphen as minus", "°C", "\u20115 | 7 | \u201012", "-5 | 7 | -12"),
    of("minus after a blank", "Net", "- 5 | 7 | - 12.5", "-5 | 7 | -12.5"),
    of("per cent", "Share", "12% | 7,5 % | 100%", "12 | 7.5 | 100"),
    of("per cent as a word", "Share", "12 percent | 7% | 5 pct", "12 | 7 | 5"),
    of("per cent sign first", "Oran", "%12 | %7", "12 | 7"),
    of("per mille", "Alcohol", "5‰ | 12 ‰", "5 | 12"),
    of("currency after", "Preis", "1.234,50 € | 7,00 €", "1234.5 | 7"),
    of("currency code after", "Price", "1,234.50 USD | 7 USD", "1234.5 | 7"),
    of("Brazilian currency", "Preço", "R$ 1.234,56 | R$ 10,00", "1234.56 | 10"),
    of("units in cells", "Distance", "12 km | 7.5km | 100 km", "12 | 7.5 | 100"),
    of("one unit written out", "Weight", "12 kg | 7 kgs | 3 kilograms", "12 | 7 | 3"),
    of("unit in the header", "Weight (kg)", "12 | 7.5 kg | 3", "12 | 7.5 | 3"),
    of("ages", "Age", "25 years | 31 yrs | 40", "25 | 31 | 40"),
    of("ages of people", "Age", "25 years old | 31 years old", "25 | 31"),
    of("approximations", "Height", "~5 | c. 12 | 7", "5 | 12 | 7", "~5 is 5"),
    of("approximations in words", "Height", "approx. 5 | about 12 | ca. 7", "5 | 12 | 7", "is 5"),
    of("below the limit", "ppm", "<0.1 | 0.5 | ≥ 2", "0.1 | 0.5 | 2", "<0.1 is 0.1"),
    of("open ended", "Age", "65+ | 30 | 18", "65 | 30 | 18", "65+ is 65"),
    of("footnote marks", "People", "1,234[1] | 567* | 89†", "1234 | 567 | 89", "1,234[1] is 1234"),
    of("footnote marks after a blank", "People", "12 [a] | 567 [note 2]", "12 | 567", "is 12"),
    of("scientific notation", "Mass", "6.02E+23 | 1.5e-3", "6.02e+23 | 0.0015"),
    of("times ten to the power", "Mass", "1.2×10^6 | 3 x 10³ | 5", "1200000 | 3000 | 5"),
    of("not available", "n", "5 | no data | N/D | not applicable | 7", "5 |  |  |  | 7", "no data"),
    of("spreadsheet errors", "n", "5 | #SPILL! | #CALC! | 7", "5 |  |  | 7", "#SPILL!"),
    of("zeros and ones are numbers", "Used", "0 | 1 | 1", "0 | 1 | 1"),
    of("only zeros", "Swap", "0 | 0", "0 | 0"),
    of("years before Christ", "Born", "44 BC | 100 BC | 14 AD", "-44 | -100 | 14", "44 BC is -44"),
    of("a sign is kept", "x", "0.00 | -0.70 | 3,276.28", "0 | -0.7 | 3276.28"),
    of("a decimal comma with a minus", "x", "-1,0 | 2,5", "-1 | 2.5"),
    of("plus signs", "Diff", "+5 | -3 | +0", "5 | -3 | 0"),
    of("thousands and no cents", "Price", "5,- | 1.200,-", "5 | 1200"),
    of("full-width digits", "数", "１２ | ７", "12 | 7"),
)

DATES = (
    of("months with a point", "Month", "01.2020 | 12.2021", "2020-01-xx | 2021-12-xx"),
    of("months with a hyphen", "Month", "01-2020 | 12-2021", "2020-01-xx | 2021-12-xx"),
    of("Russian months", "Дата", "5 января 2020 | май 2021", "2020-01-05 | 2021-05-xx"),
    of(
        "ISO week",
        "Week",
        "2021-W05 | 2021-W06 | 2020-W53",
        "2021-02-01 | 2021-02-08 | 2020-12-28",
        "Monday",
    ),
    of("ISO week and day", "Day", "2021-W05-3 | 2021-W06-7", "2021-02-03 | 2021-02-14"),
    of("abbreviated September", "Date", "Sept. 5, 1999 | Sep 12, 2001", "1999-09-05 | 2001-09-12"),
    of(
        "day of month in words",
        "Date",
        "5th of May 2020 | 1st of June 2021",
        "2020-05-05 | 2021-06-01",
    ),
    of("day without a year", "Day", "5th of May | 1st of June", "xxxx-05-05 | xxxx-06-01"),
    of("quarters", "Period", "Q1/2021 | 2Q21 | 2020-Q4", "2021-01-xx | 2021-04-xx | 2020-10-xx"),
    of("quarters with an apostrophe", "Period", "Q1'21 | Q3’20", "2021-01-xx | 2020-07-xx"),
    of(
        "month and short year",
        "Month",
        "Jan-21 | Feb-21 | Dec-20",
        "2021-01-xx | 2021-02-xx | 2020-12-xx",
        "two digits",
    ),
    of(
        "years of two digits",
        "Born",
        "31/12/68 | 01/02/69",
        "2068-12-31 | 1969-02-01",
        "two digits",
    ),
    of(
        "time with AM and PM",
        "At",
        "3/15/2021 3:04 PM | 3/16/2021 12:00 AM",
        "2021-03-15 | 2021-03-16",
        "times of day",
    ),
    of(
        "time with at",
        "At",
        "March 1, 2021 at 3:04 pm | March 2, 2021 at 9 am",
        "2021-03-01 | 2021-03-02",
        "times of day",
    ),
    of(
        "time zone in a timestamp",
        "At",
        "2021-03-01T23:30:00-05:00 | 2021-03-02T01:00:00Z",
        "2021-03-01 | 2021-03-02",
        "times of day",
    ),
    of(
        "named time zone",
        "At",
        "2021-03-01 14:30 EST | 2021-03-02 01:00 CET",
        "2021-03-01 | 2021-03-02",
        "times of day",
    ),
    of(
        "date of a mail",
        "Sent",
        "Mon, 01 Mar 2021 14:30:00 +0000 | Tue, 2 Mar 2021 09:00:00 +0100",
        "2021-03-01 | 2021-03-02",
    ),
    of(
        "date of a log",
        "At",
        "05/May/1999:12:34:56 +0000 | 06/May/1999:01:00:00 +0000",
        "1999-05-05 | 1999-05-06",
    ),
    of(
        "date of a shell",
        "At",
        "Mon Mar  1 14:30:00 2021 | Tue Mar 23 09:00:00 2021",
        "2021-03-01 | 2021-03-23",
    ),
    of(
        "compact timestamp",
        "At",
        "20210301T143000Z | 20210302T090000Z",
        "2021-03-01 | 2021-03-02",
        "times of day",
    ),
    of(
        "microseconds",
        "At",
        "2021-03-01 14:30:00.123456 | 2021-03-02 01:00:00.5",
        "2021-03-01 | 2021-03-02",
    ),
    of(
        "Chinese and Japanese dates",
        "日付",
        "2021年3月5日 | 2020年12月31日",
        "2021-03-05 | 2020-12-31",
    ),
    of("Korean dates", "날짜", "2021년 3월 5일 | 2020년 12월 31일", "2021-03-05 | 2020-12-31"),
    of(
        "French first of a month",
        "Jour",
        "1er janvier 2021 | 5 févr. 2021",
        "2021-01-01 | 2021-02-05",
    ),
    of(
        "Spanish dates", "Fecha", "5 de mayo de 2021 | 1 de ene. de 2020", "2021-05-05 | 2020-01-01"
    ),
    of(
        "Excel serial dates",
        "Date",
        "44197 | 43831 | 44561",
        "2021-01-01 | 2020-01-01 | 2021-12-31",
        "44197 is 2021-01-01",
    ),
    of(
        "serial dates among dates",
        "Date",
        "2021-03-01 | 44197 | 2020-05-05",
        "2021-03-01 | 2021-01-01 | 2020-05-05",
        "44197 is",
    ),
    of(
        "date with a weekday after it",
        "Date",
        "01.03.2021 (Mon) | 02.03.2021 (Tue)",
        "2021-03-01 | 2021-03-02",
    ),
    of("upper-case month", "FILING_DATE", "31-OCT-2023 | 01-NOV-2023", "2023-10-31 | 2023-11-01"),
)

TIMES = (
    of("time of day with PM", "Start", "3 pm | 9 am | 12 am", "54000 | 32400 | 0"),
    of("time of day", "Start", "15:04 | 09:30", "54240 | 34200", "hours first"),
    of("time of day with a.m.", "Start", "9:30 a.m. | 12:15 p.m.", "34200 | 44100"),
    of("time of day with a zone", "Start", "15:04 UTC | 09:30 UTC", "54240 | 34200"),
    of("laps", "Time", "1:02.5 | 59.8 | 1:10.0", "62.5 | 59.8 | 70"),
    of("duration in words", "Length", "1 hour 30 minutes | 45 min", "5400 | 2700", "in seconds"),
    of("results that are times", "Result", "59:30 | 1:02:03", "3570 | 3723", "in seconds"),
    of("ISO duration", "Length", "PT1H30M | PT45M", "5400 | 2700", "in seconds"),
    of("days and a clock", "Uptime", "1 day, 2:00:00 | 0:30:00", "93600 | 1800", "in seconds"),
)

IDENTIFIERS = (
    ("leading zeros", "Code", ("02", "13"), "leading zeros"),
    ("leading zeros before a point", "ICD", ("007.1", "038.11", "250.00"), "leading zeros"),
    ("hex ids", "Id", ("0x1F", "0x2A"), ""),
    ("hex digits", "Hash", ("12E4", "1A2F", "9931"), ""),
    ("scientific ids", "Well", ("1E5", "2E3", "3E11"), "codes with an E"),
    ("ISBN", "ISBN", ("978-3-16-148410-0", "0-306-40615-2"), "codes"),
    ("ISBN without a header", "Book", ("9783161484100", "9780306406157"), "codes"),
    ("ISBN that a spreadsheet cut", "ISBN", ("9.78316E+12", "9.78031E+12"), "lost digits"),
    ("IP addresses", "Host", ("10.0.0.1", "192.168.1.20"), ""),
    ("IP addresses like thousands", "Host", ("192.168.100.200", "192.168.100.201"), "addresses"),
    ("telephone numbers", "Phone", ("(555) 123-4567", "555.123.4567"), "telephone"),
    ("telephone numbers with +", "Contact", ("+47 22 33 44 55", "+1 555 123 4567"), "telephone"),
    ("versions", "Version", ("1.9", "1.10", "2.0-rc1"), "versions"),
    ("chapters", "Chapter", ("1.9", "1.10", "2"), "numbers of sections"),
    ("card numbers", "Card", ("4111111111111111", "5500005555555559"), "long digits"),
    ("MAC addresses", "Device", ("00:1A:2B:3C:4D:5E", "00:1A:2B:3C:4D:5F"), ""),
    ("postal codes", "ZIP", ("02134", "10115"), ""),
    ("nine-digit postal codes", "ZIP", ("02134-1234", "10115"), "codes"),
)

TEXTS = (
    ("booleans", "Paid", ("yes", "no", "yes"), ""),
    ("logical values of a spreadsheet", "Paid", ("TRUE", "FALSE"), ""),
    ("ranges", "Age", ("10–12", "13-15", "16 – 18"), ""),
    ("a range among numbers", "Age", ("10", "12", "13–15"), "'13–15' (row 3) is no number"),
    ("open ranges of years", "Active", ("1990-", "2001–", "1985-"), ""),
    ("seasons", "Season", ("2009-10", "2010-11", "2011-12"), ""),
    ("seasons with a slash", "Season", ("2009/10", "2010/11"), ""),
    ("scores", "Result", ("25:22", "31:30", "28:19"), "a score or a time"),
    ("goals", "Goals", ("52:49", "45:38"), "a score or a time"),
    ("scores with a hyphen", "Result", ("3-1", "0-0"), ""),
    ("ratings", "Stars", ("4/5", "3/5", "2/5"), ""),
    ("blood pressure", "BP", ("120/80", "135/85"), ""),
    ("reference numbers", "Ref", ("T00370201", "T00370202"), ""),
    ("fiscal years", "Year", ("FY2020", "FY21"), ""),
    ("feet and inches", "Height", ("5'11\"", "6'2\""), "feet and inches"),
    ("two time zones", "Start", ("15:04 EST", "14:04 CST"), "times in CST and EST"),
    ("two units", "Weight", ("5 kg", "700 g"), "kg and g"),
    ("years and months", "Age", ("3 years", "18 months"), "years and months"),
    ("plus or minus", "Mass", ("5.1 ± 0.2", "6.0 ± 0.1"), ""),
    ("underscores", "n", ("1_000", "2_000"), ""),
    ("school marks", "Grade", ("2-", "1+", "3"), ""),
    ("impossible day", "Date", ("2021-02-29", "2021-03-01", "2021-03-02"), "is no date"),
    ("debit and credit", "Amount", ("100 CR", "50 DR"), "CR and DR"),
    ("names that begin with a number", "Band", ("3 Doors Down", "10 Years", "U2"), ""),
    ("fractions of unlike kinds", "Odds", ("5/2", "11/4", "7/1"), ""),
)


@pytest.mark.parametrize(("header", "cells", "values", "says"), (*NUMBERS, *DATES, *TIMES))
def test_cells_have_their_values(
    header: str, cells: list[str], values: list[str], says: str
) -> None:
    (column,) = read_columns([header], [[cell] for cell in cells])
    assert [written(column.value(cell)) for cell in cells] == values, column
    assert says in column.line and not column.warnings


@pytest.mark.parametrize(("kind", "header", "cells", "says"), IDENTIFIERS)
def test_identifiers_stay_as_written(
    kind: str, header: str, cells: tuple[str, ...], says: str
) -> None:
    (column,) = read_columns([header], [[cell] for cell in cells])
    assert column.type in ("identifier", "text") and bool(says) <= (column.type == "identifier")
    assert says in " ".join((column.line, *column.warnings))


@pytest.mark.parametrize(("kind", "header", "cells", "says"), TEXTS)
def test_what_is_neither_stays_text(
    kind: str, header: str, cells: tuple[str, ...], says: str
) -> None:
    (column,) = read_columns([header], [[cell] for cell in cells])
    assert column.type == "text", column
    assert says in " ".join(column.warnings)


def test_a_scale_of_header_and_cells_is_told() -> None:
    (column,) = read_columns(["Cost (millions)"], [["5"], ["1.2 million"]])
    assert "'5' (row 1) is in the scale of the header" in " ".join(column.warnings)


def test_a_number_that_stands_for_none_is_told() -> None:
    (column,) = read_columns(["Rain"], [["12"], ["-999"], ["0"]])
    assert "'-999' (row 2) may mean a missing value" in column.line
    (depths,) = read_columns(["Depth"], [["-12"], ["-999"], ["0"]])
    assert not depths.line
