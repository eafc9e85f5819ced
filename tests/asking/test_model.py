"""A model asked about a table sees what its training saw, and says what it did."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sparse_rl
from sparse_rl.asking.candidates import Candidate, TraceStep
from sparse_rl.asking.excerpt import excerpt
from sparse_rl.asking.found_programs import BEAM_WIDTH
from sparse_rl.asking.model import Model
from sparse_rl.datamodules.tables.own_tables import OwnTablesDataModule
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.datamodules.tables.wikitablequestions import WikiTableQuestionsDataModule
from sparse_rl.errors import SparseRLError
from sparse_rl.interpreters.tables.program import parse_program
from sparse_rl.interpreters.tables.sql import run_sql
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.modules.decoding import beam

UGLY = '''City,Country ,Population,Founded,Score,Score,Notes,"Height, m"
Göschenen,Switzerland,"1,245",1886-03-05,3-1,5,"two
lines",1102
"São Paulo",Brazil,"12,325,232",25 January 1554,,7,"says ""hi""",760
Oslo,Norway,"709,037",c. 1040,2-2,9,<b>bold</b>,-23
Bern,Switzerland,"134,591",1191,1-1,-,n/a,540
'''


@pytest.fixture(scope="module", params=["wikisql", "wtq", "own"])
def case(
    request: pytest.FixtureRequest,
    small_wikisql: Path,
    small_wtq: Path,
    small_own_tables: Path,
    cache: Path,
    checkpoint_of: Callable[[Any], Path],
) -> tuple[Any, Model]:
    data: Any = {
        "wikisql": lambda: WikiSQLDataModule(str(small_wikisql), cache=str(cache)),
        "wtq": lambda: WikiTableQuestionsDataModule(str(small_wtq), cache=str(cache)),
        "own": lambda: OwnTablesDataModule(str(small_own_tables), cache=str(cache)),
    }[request.param]()
    # A run's folder, for its best checkpoint.
    return data, sparse_rl.load(checkpoint_of(data).parents[1])


@pytest.fixture
def ugly(tmp_path: Path) -> Path:
    path = tmp_path / "ugly.csv"
    path.write_text(UGLY, encoding="utf-8-sig")
    return path


def test_asking_finds_what_evaluation_finds(case: tuple[Any, Model]) -> None:
    data, model = case
    for example in data.examples("test")[::6]:
        # WikiSQL's tables are in files of its own.
        is_file = not isinstance(data, WikiSQLDataModule)
        source = data.root / example.table.name if is_file else example.table
        result = model.ask(source, example.question, programs=3)
        encoded = model.policy.encode([example])
        world = TableWorld(example, model.language)
        (found,) = beam(model.policy, encoded, [world], BEAM_WIDTH)
        assert [parse_program(p.program, model.language) for p in result.programs] == [
            world.program(f.trajectory.actions) for f in found[:3]
        ]
        total = sum(p.probability for p in result.programs)
        assert 0 < total <= 1 + 1e-6


def test_the_answer_the_trace_and_the_sql_agree(case: tuple[Any, Model], ugly: Path) -> None:
    _, model = case
    opened = model.open(ugly)
    connection = sqlite3.connect(":memory:")
    connection.executescript(opened.sql_script())
    for question in ("how many cities are in switzerland?", "what is the height of oslo?"):
        result = model.ask(opened, question)
        for candidate in result.programs:
            assert candidate.sql and candidate.trace[-1].rows is None
            rows = run_sql(candidate.sql, connection)
            assert [str(v).lower() for v in rows] == [str(v).lower() for v in candidate.answer]
            for step in candidate.trace[:-1]:
                assert step.rows and max(step.rows) < 4
        assert json.loads(json.dumps(result.to_dict()))["programs"][0]["program"] == result.program
        assert question in repr(result) and result.sql.splitlines()[-1] in repr(result)


def test_a_data_frame_a_file_and_parquet_are_one_table(
    case: tuple[Any, Model], ugly: Path, tmp_path: Path
) -> None:
    _, model = case
    frame = pd.read_csv(ugly, dtype=str, keep_default_na=False)
    frame.columns = pd.Index(
        ["City", "Country ", "Population", "Founded", "Score", "Score", "N", "H"]
    )
    opened = model.open(ugly)
    assert model.open(frame).table.columns == opened.table.columns
    frame.columns = pd.Index([f"{name}{i}" for i, name in enumerate(frame.columns)])
    frame.to_parquet(tmp_path / "ugly.parquet")
    assert model.open(tmp_path / "ugly.parquet").table.columns == opened.table.columns
    indexed = model.open(frame.set_index("City0"))
    assert indexed.table.columns == opened.table.columns


def test_numbers_keep_sign_and_thousands(case: tuple[Any, Model], ugly: Path) -> None:
    _, model = case
    table = model.open(ugly).table
    numbers = {p.name: table.columns[p.column] for p in table.properties}
    assert numbers["r.population-number"] == (1245, 12325232, 709037, 134591)
    assert numbers["r.height_m-number"] == (1102, 760, -23, 540)


def test_the_notebook_view_escapes_cells(case: tuple[Any, Model]) -> None:
    _, model = case
    frame = pd.DataFrame({"<u>": ["<b>bold</b>", "oslo"], "n": [1, 2]})
    html = model.ask(frame, "what is <i>oslo</i>?")._repr_html_()
    assert not any(tag in html for tag in ("<u>", "<b>bold", "<i>"))
    assert "&lt;b&gt;bold" in html and "&lt;u&gt;" in html


def test_an_excerpt_shows_the_rows_and_columns_of_the_program() -> None:
    table = TextTable(
        [f"h{c}" for c in range(20)], [[f"{r}\n{c}" for c in range(20)] for r in range(90)]
    )
    steps = (
        TraceStep("( filter_gt all_rows [2] r.h17-number )", "v0", tuple(range(40, 80)), None),
        TraceStep("( filter_gt v0 [2] r.h19-number )", "v1", (70,), None),
        TraceStep("( hop v1 r.h19-number )", None, None, ("70 19",)),
    )
    shown = excerpt(table, Candidate("", 1.0, "", steps, (17, 19)), max_rows=5, max_columns=4)
    assert shown.header == ("h0", "h1", "h17", "h19") and shown.used == (False, False, True, True)
    assert [row.number for row in shown.rows] == [41, 42, 43, 44, 71]
    assert [row.chosen for row in shown.rows] == [False] * 4 + [True]
    assert shown.rows[-1].names == ("v0", "v1") and shown.rows[-1].cells[-1] == "70 19"
    assert shown.more == "… 85 more rows, 16 more columns"


@pytest.mark.parametrize(
    ("question", "programs", "says"),
    [
        ("  ", 5, "write the question"),
        ("\u0301", 5, "write the question"),
        ("x", 0, "at least one"),
    ],
)
def test_bad_questions(
    case: tuple[Any, Model], ugly: Path, question: str, programs: int, says: str
) -> None:
    with pytest.raises(SparseRLError, match=says):
        case[1].ask(ugly, question, programs)


def test_a_table_of_the_release_is_read_by_its_own_rules(
    case: tuple[Any, Model], tmp_path: Path
) -> None:
    data, model = case
    if isinstance(data, WikiSQLDataModule):
        pytest.skip("its functions know no views")
    (tmp_path / "data").mkdir()
    path = tmp_path / "csv" / "200-csv" / "1.csv"
    path.parent.mkdir(parents=True)
    path.write_text('"Name","Note"\n"Say \\"hi\\"","12,5"\n"b","c"\n', encoding="utf-8")
    opened = model.open(path)
    assert opened.text.rows[0] == ['Say "hi"', "12,5"] and opened.notes == ()
    # CoreNLP skips every comma.
    assert (125.0, None) in opened.table.columns


def test_answers_are_shown_in_the_tables_spelling(case: tuple[Any, Model]) -> None:
    _, model = case
    opened = model.open(pd.DataFrame({"Land": ["USA", "usa"], "Day": ["31/12/2020", "1/2/2021"]}))
    table = opened.table
    (place,) = (p.column for p in table.properties if p.name == "r.land-string")
    assert opened.cells.spelled(table.columns[place], place) == ("USA", "usa")
    for p in table.properties:
        if p.name == "r.day-date":
            shown = opened.cells.spelled(table.columns[p.column], p.column)
            assert shown == ("31/12/2020", "1/2/2021")


def test_a_number_and_its_text_are_one_answer(case: tuple[Any, Model]) -> None:
    _, model = case
    opened = model.open(pd.DataFrame({"Paid": ["1,200", "7"], "Note": ["12 b", "c"]}))
    columns = {p.name: p.column for p in opened.table.properties}
    for name, column in columns.items():
        if name.startswith("r.paid"):
            values = opened.table.columns[column]
            assert opened.cells.as_values(values, column) == {1200, 7}
        elif name == "r.note-string":
            assert opened.cells.as_values(opened.table.columns[column], column) == {
                *opened.table.columns[column]
            }
    assert opened.cells.as_values([0.1 + 0.2], None) == {0.3}


def test_choices_for_the_columns_of_a_frame(case: tuple[Any, Model]) -> None:
    frame = pd.DataFrame({"Code": ["1", "2"], "n": ["1,234", "2"]})
    opened = case[1].open(frame, columns={"Code": "text", "n": {"decimal": ","}})
    assert "r.code-number" not in [p.name for p in opened.table.properties]
    assert (1.234, 2) in opened.table.columns


def test_repeated_headers_are_told(case: tuple[Any, Model], ugly: Path) -> None:
    assert any("several columns are called 'score'" in n for n in case[1].open(ugly).notes)
