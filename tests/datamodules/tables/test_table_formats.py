"""One table in many files and frames: the same cells, the same answers."""

from __future__ import annotations

import datetime
import random
import zipfile
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sparse_rl.datamodules.tables.reading import ANNOTATED, PLAIN, TableReading
from sparse_rl.datamodules.tables.table_files import TextTable, from_frame, read_table_file
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.language import wikisql_language, wtq_language
from sparse_rl.interpreters.tables.table_world import TableWorld

HEADER = ["Town", "People", "Price", "Opened", "Grade", "Code", "Run", "Cups", "At"]
ROWS = [
    ["Anton", "1,200", "12,50", "31/12/2020", "A", "007", "1:30:00", "½", "3 pm"],
    ["Berta", "800", "1.234,00", "01/02/2021", "A-", "012", "0:45:10", "1 1/2", "9:30 am"],
    ["Cäsar", "5,000", "-7,25", "15/03/2019", "A+", "7", "2:00:00", "~2", "12 am"],
    ["Dora", "n/a", "3", "05/04/2019", "B", "099", "0:00:09", "3[1]", "15:04"],
]
FRAME = pd.DataFrame(ROWS, columns=HEADER)
QUESTION = "which town has grade A-, code 007 or 1200 people after 01/02/2021 and 12,5 in Dora, ½?"


def written(folder: Path) -> list[Path]:
    """The table in all formats."""
    FRAME.to_csv(folder / "t.csv", index=False)
    FRAME.to_csv(folder / "semicolons.csv", index=False, sep=";", encoding="utf-16")
    FRAME.to_csv(folder / "t.tsv", index=False, sep="\t")
    FRAME.to_csv(folder / "t.csv.gz", index=False)
    FRAME.to_parquet(folder / "t.parquet")
    FRAME.to_excel(folder / "t.xlsx", index=False)
    write_ods(folder / "t.ods", [HEADER, *ROWS])
    return sorted(folder.iterdir())


def write_ods(path: Path, rows: list[list[str]]) -> None:
    """The least that an OpenDocument sheet needs."""
    cells = "".join(
        "<table:table-row>"
        + "".join(
            '<table:table-cell office:value-type="string">'
            f"<text:p>{cell}</text:p></table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    space = "urn:oasis:names:tc:opendocument:xmlns"
    kinds = " ".join(f'xmlns:{kind}="{space}:{kind}:1.0"' for kind in ("office", "table", "text"))
    body = f'<table:table table:name="s">{cells}</table:table>'
    content = (
        f"<office:document-content {kinds}><office:body><office:spreadsheet>{body}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        manifest = f'<manifest:manifest xmlns:manifest="{space}:manifest:1.0"/>'
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", f'<?xml version="1.0" encoding="UTF-8"?>{content}')


@pytest.mark.parametrize("reading", [PLAIN, ANNOTATED])
def test_all_formats_give_the_same_answers(reading: TableReading, tmp_path: Path) -> None:
    language = wtq_language(3) if reading is ANNOTATED else wikisql_language(3)
    texts = {path.name: read_table_file(path) for path in written(tmp_path)}
    texts["frame"] = from_frame(FRAME)
    worlds = {}
    for name, text in texts.items():
        table = reading.read("t", text)
        worlds[name] = TableWorld(table.example("q", QUESTION), language)
    first = worlds["t.csv"]
    rng = random.Random(0)
    for _ in range(200):
        state = first.start()
        while not first.is_terminal(state):
            state = first.step(state, rng.choice(first.valid_actions(state)))
        for name, world in worlds.items():
            other = world.start()
            for action in state.actions:
                other = world.step(other, action)
            assert other.answer == state.answer, (name, first.program(state.actions))


def test_typed_cells_of_frames_and_parquet_stay_exact(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "single": np.array([0.1, 2, np.nan], np.float32),
            "long": pd.array([2**60 + 1, None, 3], "Int64"),
            "decimal": [Decimal("1.10"), None, Decimal("12345678901234567890.12")],
            "kind": pd.Categorical(["a", "b", None]),
            "time": pd.to_datetime(["2020-01-01 00:00", "2020-01-02 10:30", None]),
            "span": pd.to_timedelta(["1h30m", "2 days", None]),
            "bytes": [b"x", "é".encode(), None],
            "list": [[1, 2], None, [3]],
        }
    )
    rows = [
        ["0.1", "1152921504606846977", "1.10", "a", "2020-01-01", "1:30:00", "x", "1, 2"],
        ["2", "", "", "b", "2020-01-02 10:30:00", "48:00:00", "é", ""],
        ["", "3", "12345678901234567890.12", "", "", "", "", "3"],
    ]
    assert from_frame(frame).rows == rows
    frame.to_parquet(tmp_path / "t.parquet")
    assert read_table_file(tmp_path / "t.parquet").rows == rows
    long = PLAIN.read("t", TextTable(["n"], [["9,007,199,254,740,993"], ["1"]])).table
    assert long.columns == ((9007199254740993, 1),)


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [b"x", b"\xff"]}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"\(row 2, column 'a'\)"):
        read_table_file(tmp_path / "t.parquet")


def test_structures_become_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"s": [{"x": 1, "y": {"z": "q"}}, None]}), tmp_path / "t.parquet")
    table = read_table_file(tmp_path / "t.parquet")
    assert (table.header, table.rows) == (["s.x", "s.y.z"], [["1", "q"], ["", ""]])


BASE = pd.DataFrame({"i": [5, 7], "n": [1, 2]})


@pytest.mark.parametrize(
    ("frame", "header", "first", "notes"),
    [
        (BASE.set_index("i", drop=False), ["i", "n"], ["5", "1"], 0),
        (BASE.set_index("i"), ["i", "n"], ["5", "1"], 0),
        (BASE["n"], ["n"], ["1"], 0),
        (pd.Series([1, 2]), ["value"], ["1"], 0),
        (pd.DataFrame({"n": [1]}, index=["x"]), ["index", "n"], ["x", "1"], 1),
        (pd.DataFrame({"n": [1, 2]}, index=[4, 9]), ["n"], ["1"], 1),
        (pd.DataFrame({"a": [9]}, pd.Index([1], name="a")), ["a (index)", "a"], ["1", "9"], 0),
    ],
)
def test_the_index_of_a_frame(
    frame: pd.DataFrame, header: list[str], first: list[str], notes: int
) -> None:
    table = from_frame(frame)
    assert (table.header, table.rows[0], len(table.notes)) == (header, first, notes)


def test_typed_cells_of_a_spreadsheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["A report"],
        [],
        ["City", "Pop", "Day", "Span", "Code"],
        ["Oslo", 700000, datetime.date(2020, 1, 2), datetime.timedelta(hours=30), "007"],
        ["Rome", 2.5, datetime.datetime(2020, 1, 2, 3, 4), datetime.time(10, 30), "008"],
    ):
        sheet.append(row)
    book.create_sheet("more")
    book.save(tmp_path / "t.xlsx")
    table = read_table_file(tmp_path / "t.xlsx")
    assert table.header == ["City", "Pop", "Day", "Span", "Code"]
    assert table.rows == [
        ["Oslo", "700000", "2020-01-02", "30:00:00", "007"],
        ["Rome", "2.5", "2020-01-02 03:04:00", "10:30:00", "008"],
    ]
    assert "left out: more" in table.notes[0]
    (tmp_path / "t.xlsx.yaml").write_text("sheet: none\n")
    with pytest.raises(DataError, match="name a sheet of Sheet, more"):
        read_table_file(tmp_path / "t.xlsx")
