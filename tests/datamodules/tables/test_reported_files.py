"""Files of the kinds that reports about readers of tables complain about: right, or one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from sparse_rl.datamodules.tables.reading import PLAIN
from sparse_rl.datamodules.tables.table_files import from_frame, read_table_file
from sparse_rl.errors import DataError


def of(kind: str, content: str, header: str, rows: str, says: str = "", name: str = "t.csv") -> Any:
    """Names a case; cells are separated by `|`, rows by `/`."""
    cells = [row.split("|") for row in rows.split("/")]
    return pytest.param(name, content, header.split("|"), cells, says, id=kind)


FILES = (
    of("total row", "City,Pop\nA,1\nB,2\nTotal,3\n", "City|Pop", "A|1/B|2", "Total,3 (line 4)"),
    of(
        "total row of a sheet with cents",
        'x,y\nA,"1,5"\nB,"2,5"\nSumme:,"4,0"\n',
        "x|y",
        "A|1,5/B|2,5",
        "Summe:",
    ),
    of(
        "grand total with thousands",
        'x,y\nA,"1,200"\nB,800\nGrand Total,"2,000"\n',
        "x|y",
        "A|1,200/B|800",
        "Grand Total",
    ),
    of("average row", "x,y\nA,1\nB,2\nAverage,1.5\n", "x|y", "A|1/B|2", "Average"),
    of("total and source", "x,y\nA,1\nB,2\nTotal,3\nSource: me,\n", "x|y", "A|1/B|2", "Source: me"),
    of("a place called Total", "x,y\nA,1\nB,2\nTotal,7\n", "x|y", "A|1/B|2/Total|7", "no sum"),
    of("a firm called Total", "x,y\nA,5\nB,5\nTotal,5\n", "x|y", "A|5/B|5/Total|5", "no sum"),
    of(
        "titles as wide as a table with years and a total",
        "Budget,,\nin thousands,,\nCity,2020,2021\nA,1,2\nB,3,4\nTotal,4,6\n",
        "City|2020|2021",
        "A|1|2/B|3|4",
        "Total,4,6 (line 6)",
    ),
    of(
        "title and years beside a blank corner",
        "Sales,,\n,2020,2021\nA,1,2\nB,3,4\n",
        "|2020|2021",
        "A|1|2/B|3|4",
        "title left out: Sales",
    ),
    of(
        "a header without names above years is no title",
        "Name,,\nAnn,1999,2001\nBob,1998,2002\nCy,1990,2003\n",
        "Name||",
        "Ann|1999|2001/Bob|1998|2002/Cy|1990|2003",
    ),
    of(
        "subtotals below a grand total",
        "x,y,z\nN,A,1\nN,B,2\nN Total,,3\nS,C,4\nS Total,,4\nGrand Total,,7\n",
        "x|y|z",
        "N|A|1/N|B|2/N Total||3/S|C|4/S Total||4",
        "kept: 'N Total' (line 4), 'S Total' (line 6)",
    ),
    of(
        "no line of headers",
        "Ann,30,Rome\nBob,25,Oslo\nCy,41,Rome\n",
        "Ann|30|Rome",
        "Bob|25|Oslo/Cy|41|Rome",
        "the header '30' is a number above numbers",
    ),
    of("numbers as headers", "x,1,2\nA,3,4\nB,5,6\n", "x|1|2", "A|3|4/B|5|6"),
    of(
        "headings of groups",
        "x,y,z\nTeam A,,\nN,1,2\nM,3,4\nTeam B,,\nO,5,6\n",
        "x|y|z",
        "Team A||/N|1|2/M|3|4/Team B||/O|5|6",
        "2 rows have their first cell alone",
    ),
    of(
        "groups named once",
        "x,y\nN,1\n,2\n,3\nS,4\n",
        "x|y",
        "N|1/|2/|3/S|4",
        "2 cells of column 'x' are empty",
    ),
    of("a total first", "x,y\nTotal,3\nA,1\nB,2\n", "x|y", "Total|3/A|1/B|2", "are kept: 'Total'"),
    of("a total with a count", "x,y\nA,1\nB,2\nTotal (2),3\n", "x|y", "A|1/B|2", "Total (2),3"),
    of(
        "many lines above a short table",
        "Bank\nAnn\n1 May\nin euros\nas asked\nDay,Sum\nMon,1\nTue,2\n",
        "Day|Sum",
        "Mon|1/Tue|2",
        "Bank",
    ),
    of(
        "a blank header above missing values",
        "id,,n\nx,b,?\ny,c,6\nz,d,7\n",
        "id||n",
        "x|b|?/y|c|6/z|d|7",
    ),
    of(
        "source line",
        "x,y\nA,1\nB,2\nSource: World Bank\n",
        "x|y",
        "A|1/B|2",
        "Source: World Bank (line 4)",
    ),
    of(
        "source line with a comma",
        "x,y\nA,1\nB,2\nSource: World Bank, 2021\n",
        "x|y",
        "A|1/B|2",
        "Source",
    ),
    of(
        "notes after an empty row",
        "x,y,z\nA,1,2\nB,2,3\n\nupdated daily\n* estimated\n",
        "x|y|z",
        "A|1|2/B|2|3",
        "updated daily",
    ),
    of(
        "count of rows of a database",
        " a | b \n---+---\n x | 1\n y | 2\n(2 rows)\n",
        "a|b",
        "x|1/y|2",
        "(2 rows)",
    ),
    of(
        "repeated header",
        "x,y\nA,1\nx,y\nB,2\n",
        "x|y",
        "A|1/B|2",
        "repeated header left out, the first in line 3",
    ),
    of(
        "header of two lines",
        ",2020,2020,2021\nCity,Q1,Q2,Q1\nA,1,2,3\nB,4,5,6\n",
        "City|2020 Q1|2020 Q2|2021 Q1",
        "A|1|2|3/B|4|5|6",
        "two lines",
    ),
    of(
        "header over several columns",
        "City,Sales,,Area\n,2020,2021,km2\nA,1,2,3\nB,4,5,6\n",
        "City|Sales 2020|Sales 2021|Area km2",
        "A|1|2|3/B|4|5|6",
        "two lines",
    ),
    of(
        "line of units",
        "City,Way,Weight\n,km,(kg)\nA,1,2\nB,4,5\n",
        "City|Way (km)|Weight (kg)",
        "A|1|2/B|4|5",
        "two lines",
    ),
    of(
        "one header above texts",
        "Name,,Town\nAnn,x,Oslo\nBob,y,Rome\n",
        "Name||Town",
        "Ann|x|Oslo/Bob|y|Rome",
    ),
    of("Markdown table", "| a | b |\n|---|:-:|\n| x | 1 |\n| y | 2 |\n", "a|b", "x|1/y|2"),
    of("Markdown table without outer bars", "a | b\n--- | ---\nx | 1\ny | 2\n", "a|b", "x|1/y|2"),
    of(
        "table of a database client",
        "+---+---+\n| a | b |\n+---+---+\n| x | 1 |\n| y | 2 |\n+---+---+\n",
        "a|b",
        "x|1/y|2",
    ),
    of("trailing delimiters", "a,b\nx,1,\ny,2,\n", "a|b", "x|1/y|2"),
    of("trailing delimiter in the header", "a,b,\nx,1\ny,2\n", "a|b", "x|1/y|2"),
    of("empty column first", ",a,b\n,x,1\n,y,2\n", "a|b", "x|1/y|2", "1 empty column"),
    of("index without a header", ",a,b\n0,x,1\n1,y,2\n", "|a|b", "0|x|1/1|y|2"),
    of("blank line after the header", "a,b\n\nx,1\ny,2\n", "a|b", "x|1/y|2"),
    of(
        "comment lines",
        "# exported 2021, by me\n# twice a day, indeed\nCity,Pop\nA,1\nB,2\n",
        "City|Pop",
        "A|1/B|2",
        "exported 2021",
    ),
    of("header behind a number sign", "# a,b\nx,1\ny,2\n", "# a|b", "x|1/y|2"),
    of("single quotes", "'a','b'\n'x, z','1'\n'y','2'\n", "a|b", "x, z|1/y|2"),
    of("an apostrophe is no quote", "a,b\n'tis,1\nO'Hara,2\n", "a|b", "'tis|1/O'Hara|2"),
    of(
        "quotes escaped by backslashes",
        'a,b\n"4\\" pipe, red",1\n"y",2\n',
        "a|b",
        '4" pipe, red|1/y|2',
    ),
    of("inches in a field", 'a,b\n5" pipe,1\ny,2\n', "a|b", '5" pipe|1/y|2'),
    of("text as a formula", 'a,b\n="007",1\n"=""012""",2\n', "a|b", "007|1/012|2"),
    of("end of file mark of DOS", "a,b\nx,1\ny,2\n\x1a", "a|b", "x|1/y|2"),
    of("invisible marks", "a,b\n\u200ex\u200b,1\n\ufeffy,\u200e2\u200f\n", "a|b", "x|1/y|2"),
    of("one column and a semicolon", "c0\nv0\nv1\na;b\n", "c0", "v0/v1/a;b"),
    of(
        "times and dates are no delimiters",
        "a,b\n20:53:06,2019-09-01T19:28:21\n19:33:15,2005-02-15T19:10:31\n",
        "a|b",
        "20:53:06|2019-09-01T19:28:21/19:33:15|2005-02-15T19:10:31",
    ),
    of(
        "entities are no delimiters",
        "a,b\nO&#039;Hara,1\nO&#039;Neil,2\n",
        "a|b",
        "O&#039;Hara|1/O&#039;Neil|2",
    ),
    of(
        "semicolons in quotes and decimal commas",
        'a;b;c\nC;"35.8;104.1";97100,7\nD;"1;2";5,5\n',
        "a|b|c",
        "C|35.8;104.1|97100,7/D|1;2|5,5",
    ),
    of("commas under the name of tabs", "a,b\nx,1\ny,2\n", "a|b", "x|1/y|2", name="t.tsv"),
    of("one column under the name of tabs", "a\nx, z\ny\n", "a", "x, z/y", name="t.tsv"),
    of("line ends in cells", 'a,b\n"x\nz",1\ny,2\n', "a|b", "x\nz|1/y|2"),
    of("wide blanks", "a ,b\u00a0\n x,1\u00a0\ny ,2\n", "a |b\u00a0", " x|1\u00a0/y |2"),
)


@pytest.mark.parametrize(("name", "content", "header", "rows", "says"), FILES)
def test_files_are_read(
    tmp_path: Path, name: str, content: str, header: list[str], rows: list[list[str]], says: str
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    table = read_table_file(path)
    assert (table.header, table.rows) == (header, rows), table.notes
    assert says in " ".join(table.notes)


REFUSED = (
    ("quote that never closes", 'a,b\nx,1\n"y,2\nz,3\n', "begins in line 3"),
    ("a quote inside a quoted field", 'a,b\n"x"y,1\n', "fix the quotes"),
    ("more cells than headers", "a,b\n1,x,y\n2,z,w\n", "3 cells under 2 headers"),
    ("a web page", "<!DOCTYPE html>\n<table><tr><td>a</td></tr></table>\n", "HTML"),
    ("a table of a web page", "<table>\n<tr><td>a</td></tr>\n</table>\n", "HTML"),
    ("JSON", '[{"a": 1, "b": 2},\n {"a": 3, "b": 4}]\n', "JSON"),
    (
        "a file that Git keeps elsewhere",
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        "Git LFS",
    ),
    ("only a header", "a,b\n", "no rows below"),
)


@pytest.mark.parametrize(
    ("content", "says"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED]
)
def test_files_are_refused_in_one_line(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(DataError) as stopped:
        read_table_file(tmp_path / "t.csv")
    assert says in str(stopped.value) and "t.csv" in str(stopped.value)
    assert len(str(stopped.value).splitlines()) == 1


def sheet(path: Path, rows: list[list[Any]], *merged: str) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    for area in merged:
        book.active.merge_cells(area)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("rows", "merged", "header", "cells"),
    [
        pytest.param(
            [["Land", "Town"], ["N", "Oslo"], [None, "Bergen"], ["I", "Rome"]],
            ["A2:A3"],
            ["Land", "Town"],
            [["N", "Oslo"], ["N", "Bergen"], ["I", "Rome"]],
            id="merged cells",
        ),
        pytest.param(
            [["A report", None], ["Town", "n"], ["Oslo", 1], ["Rome", 2]],
            ["A1:B1"],
            ["Town", "n"],
            [["Oslo", "1"], ["Rome", "2"]],
            id="merged title",
        ),
        pytest.param(
            [["Town", "People", None], [None, 2020, 2021], ["Oslo", 1, 2], ["Rome", 3, 4]],
            ["A1:A2", "B1:C1"],
            ["Town", "People 2020", "People 2021"],
            [["Oslo", "1", "2"], ["Rome", "3", "4"]],
            id="merged headers",
        ),
        pytest.param(
            [[None, "Town", "n"], [None, "Oslo", True], [None, "Rome", False]],
            [],
            ["Town", "n"],
            [["Oslo", "True"], ["Rome", "False"]],
            id="table that begins in column B",
        ),
        pytest.param(
            [["Town", "n"], ["Oslo", 1], ["Rome", 2], ["Total", 3], ["Source: me", None]],
            [],
            ["Town", "n"],
            [["Oslo", "1"], ["Rome", "2"]],
            id="total row of a sheet",
        ),
    ],
)
def test_sheets(
    tmp_path: Path, rows: list[list[Any]], merged: list[str], header: list[str], cells: list[Any]
) -> None:
    table = read_table_file(sheet(tmp_path / "t.xlsx", rows, *merged))
    assert (table.header, table.rows) == (header, cells), table.notes
    assert bool(merged) <= bool(table.notes)


def test_typed_numbers_have_points_beside_decimal_commas(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["12,5", "7,25"], "b": [912.625, 100.125]})
    frame.to_parquet(tmp_path / "t.parquet")
    tables = [
        from_frame(frame),
        read_table_file(tmp_path / "t.parquet"),
        read_table_file(sheet(tmp_path / "t.xlsx", [["a", "b"], *frame.values.tolist()])),
    ]
    for table in tables:
        assert PLAIN.read("t", table).table.columns == ((12.5, 7.25), (912.625, 100.125))


def test_a_formula_that_was_never_computed_is_told(tmp_path: Path) -> None:
    path = sheet(tmp_path / "t.xlsx", [["a", "b"], [1, "=A2*2"], [2, "=A3*2"]])
    with pytest.raises(DataError, match=r"2 formulas .* no values"):
        read_table_file(path)
