"""Cases of tables and questions as people have them: each stands for a kind."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparse_rl.datamodules.tables.own_tables import OwnTablesDataModule
from sparse_rl.datamodules.tables.own_tables_format import OwnQuestion, read_questions
from sparse_rl.datamodules.tables.reading import ANNOTATED, PLAIN, ReadTable
from sparse_rl.datamodules.tables.table_files import read_table_file
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.language import wtq_language
from sparse_rl.interpreters.tables.program import parse_program, run_program

Write = Callable[..., Path]
LANGUAGE = wtq_language(4)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(content: str | bytes, name: str = "t.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


def table_of(path: Path) -> ReadTable:
    return ANNOTATED.read(path.name, read_table_file(path))


def column(table: ReadTable, name: str) -> list[Any]:
    (place,) = (p.column for p in table.table.properties if p.name == name)
    return [v if isinstance(v, (str, int, float)) else str(v) for v in table.table.columns[place]]


def run(table: ReadTable, program: str) -> Any:
    return run_program(parse_program(program, LANGUAGE), table.table, LANGUAGE)[-1].value


def constants(table: ReadTable, question: str) -> list[Any]:
    found = [constant.value for constant in table.example("q", question).constants]
    return [value if isinstance(value, (tuple, float)) else str(value) for value in found]


def test_accounting_negatives(write: Write) -> None:
    table = table_of(write('Shop,Gain\nAda,"(2,500)"\nBo,-40\nCy,700\n'))
    assert column(table, "r.gain-number") == [-2500, -40, 700]
    program = "( argmax all_rows r.gain-number ) ( hop v0 r.shop-string )"
    assert run(table, program) == ("Cy",)
    assert run(table, "( sum all_rows r.gain-number )") == (-1840,)
    assert table.answers.answer(["(2,500)"]).accepts((-2500,))


def test_european_decimals(write: Write) -> None:
    table = table_of(write("Ort;Menge;Preis\nKöln;12,5;1.234,50\nBonn;7,25;950,00\nUlm;3;2.000\n"))
    assert column(table, "r.menge-number") == [12.5, 7.25, 3]
    assert column(table, "r.preis-number") == [1234.5, 950, 2000]
    assert 7.5 in constants(table, "wo ist die Menge 7,5?")
    assert table.notes == (
        "column 'Menge' read as number: decimal comma",
        "column 'Preis' read as number: decimal comma",
    )


@pytest.mark.parametrize("prices", [["12,50", "149,00"], ["12", "149"]])
def test_the_delimiter_is_the_one_that_all_rows_agree_on(write: Write, prices: list[str]) -> None:
    table = read_table_file(write(f"Ware;Preis, EUR\nA;{prices[0]}\nB;{prices[1]}\n"))
    assert (table.header, table.rows) == (
        ["Ware", "Preis, EUR"],
        [["A", prices[0]], ["B", prices[1]]],
    )


def test_day_first_dates(write: Write) -> None:
    table = table_of(write("Event,Date\nA,31/12/2020\nB,01/02/2021\nC,05/04/2019\n"))
    assert column(table, "r.date-date") == ["2020-12-31", "2021-02-01", "2019-04-05"]
    assert table.notes == ("column 'Date' read as date: day first",)
    program = "( argmax all_rows r.date-date ) ( hop v0 r.event-string )"
    assert run(table, program) == ("B",)
    # A question follows its table.
    assert "2021-02-01" in constants(table, "on 01/02/2021")
    assert constants(table, "on 02/02/2021 or 1/5/2021") == ["2021-02-02", "2021-05-01"]


MARKS = "Name,Blood,Grade,Language\nAnn,O+,A,C\nBob,O-,A-,C++\nCid,A+,A+,C#\nDee,AB-,B,F#\n"


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("how many have grade A-?", ["Bob"]),
        ("grade A", ["Ann"]),
        ("grade A+", ["Cid"]),
        ("who knows C#?", ["Cid"]),
        ("who knows C++", ["Bob"]),
        ("who knows C?", ["Ann"]),
        ("whose blood is O-?", ["Bob"]),
        ("whose blood is O\u2212", ["Bob"]),
        ("whose blood is O+", ["Ann"]),
    ],
)
def test_marks_that_tell_cells_apart(write: Write, question: str, names: list[str]) -> None:
    table = table_of(write(MARKS)).table
    example = table_of(write(MARKS)).example("q", question)
    (constant,) = (c for c in example.constants if c.kind == "string")
    assert isinstance(constant.value, tuple)
    masks = [table.containing(place, constant.value) for place in (1, 2, 3)]
    place = {"g": 1, "k": 2, "b": 0}[next(w for w in question if w in "gkb")]
    found = masks[place]
    assert [name for row, name in enumerate(table.columns[0]) if found >> row & 1] == names


def test_long_ids(write: Write) -> None:
    ids = ["98765432109876543210", "98765432109876543211"]
    table = table_of(write(f"App,Build\nAnn,{ids[0]}\nBob,{ids[1]}\n"))
    assert column(table, "r.build-string") == ids
    assert constants(table, f"which app has {ids[1]}?") == [(ids[1],)]
    answer = table.answers.answer([ids[0]])
    assert answer.accepts((ids[0],)) and not answer.accepts((ids[1],))


def test_codes_with_an_e(write: Write) -> None:
    table = table_of(write("Part,Code\nNut,12E3\nBolt,45E7\n"))
    assert [p.name for p in table.table.properties] == ["r.part-string", "r.code-string"]
    program = "( filter_in all_rows ['12e3'] r.code-string ) ( hop v0 r.part-string )"
    assert constants(table, "which part is 12E3?") == [("12e3",)] and run(table, program) == (
        "Nut",
    )


def test_mixed_scales(write: Write) -> None:
    rows = 'Ada,$2.5 million,1.5M,Q1 2021\nBo,"$900,000",950K,Q4 2020\nCy,€1.1bn,12,Q2 2020\n'
    table = table_of(write("Firm,Revenue,Loads,Quarter\n" + rows))
    assert column(table, "r.revenue-number") == [2_500_000, 900_000, 1_100_000_000]
    assert column(table, "r.loads-number") == [1_500_000, 950_000, 12]
    assert run(table, "( argmin all_rows r.quarter-date ) ( hop v0 r.firm-string )") == ("Cy",)
    assert any("EUR and USD" in warning for warning in table.warnings)
    assert 2_500_000.0 in constants(table, "who had $2.5 million?")
    assert table.answers.answer(["$2.5 million"]).accepts((2_500_000,))
    # In the table's spelling, which is another item than its number only in the answer's count.
    assert table.answers.answer(["2500000"]).accepts(("$2.5 million",))


TOWNS = "Town,People,Founded\nA,250000,1895\nB,301000,1991\nC,950,1999\n"


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        *(("over 10k people", [10_000]), ("3.5m people", [3_500_000])),
        *(("three hundred thousand", [300_000]), ("one hundred and five", [105])),
        *(("a million", [1_000_000]), ("a dozen", [12]), ("half", [0.5]), ("a share of .5", [0.5])),
        *(("1e6", [1_000_000]), ("minus five", [-5]), ("\u2212$5", [-5]), ("5km away", [5])),
        ("founded in the 1990s", [1990, 2000]),
    ],
)
def test_numbers_in_questions(write: Write, question: str, numbers: list[float]) -> None:
    found = constants(table_of(write(TOWNS)), question)
    assert [value for value in found if isinstance(value, float)] == numbers


def test_metres_where_the_column_says_so(write: Write) -> None:
    table = table_of(write("Wall,Height (m)\nA,2.5\nB,3.5\n"))
    assert constants(table, "higher than 3.5m") == [3.5]


@pytest.mark.parametrize(
    ("question", "date"),
    [
        ("after 2021-02-01", "2021-02-01"),
        ("on 15.03.2021", "2021-03-15"),
        ("on 3/15/2021", "2021-03-15"),
        ("the 15th of March 2021", "2021-03-15"),
        ("Mar. 15, 2021", "2021-03-15"),
        ("15-Mar-2021", "2021-03-15"),
        ("in March", "xxxx-03-xx"),
    ],
)
def test_dates_in_questions(write: Write, question: str, date: str) -> None:
    table = table_of(write("Event,Date\nA,2021-01-15\nB,2021-02-20\nC,2020-12-31\n"))
    assert constants(table, question) == [date]


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_sep_line_is_an_instruction(write: Write, line: str) -> None:
    table = read_table_file(write(f"{line}\nCity;Pop;Area\nOslo;7;4\n"))
    assert (table.header, table.rows) == (["City", "Pop", "Area"], [["Oslo", "7", "4"]])


@pytest.mark.parametrize(
    "text",
    [
        "Report 2021,,\n,,\nCity,Pop,Area\nOslo,7,4\nRome,8,5\n",
        "Report 2021\n\nCity,Pop,Area\nOslo,7,4\nRome,8,5\n",
        "Report 2021\nCity,Pop,Area\nOslo,7,4\nRome,8,5\n",
        "Report 2021\nby the city\nCity,Pop,Area\nOslo,7,4\nRome,8,5\n",
    ],
)
def test_title_rows(write: Write, text: str) -> None:
    table = read_table_file(write(text))
    assert table.header == ["City", "Pop", "Area"] and len(table.rows) == 2
    assert any("title left out: Report 2021 (line 1)" in note for note in table.notes)


def test_a_header_with_one_name_is_no_title(write: Write) -> None:
    table = read_table_file(write("City,\nOslo,7\nRome,8\n"))
    assert table.header == ["City", ""] and len(table.rows) == 2


def test_empty_rows_and_columns(write: Write) -> None:
    table = read_table_file(write("City,Pop,,\nOslo,7,,\nRome,8,,\n,,,\n,,,\n"))
    assert (table.header, len(table.rows)) == (["City", "Pop"], 2)
    assert table.notes == (
        "2 empty rows left out, the first in line 4",
        "2 empty columns left out",
    )


def test_a_number_beyond_all_numbers_is_text(write: Write) -> None:
    table = table_of(write("Name,Rate\na,1E400\nb,5\nc,7\n"))
    assert column(table, "r.rate-string") == ["1E400", "5", "7"]
    assert "'1E400' (row 1) is no number" in table.warnings[0]


def test_ids_with_tabs_are_refused(write: Write, tmp_path: Path) -> None:
    write("a\n1\n", "a.csv")
    lines = [{"id": id_, "question": "a?", "table": "a.csv"} for id_ in ("q\t1", "q\n2", "q 3")]
    path = write("".join(json.dumps(line) + "\n" for line in lines), "dev.jsonl")
    first, second, third = read_questions(tmp_path, path)
    assert "'q\\t1'" in str(first) and "line 1" in str(first) and isinstance(second, DataError)
    assert isinstance(third, OwnQuestion)


def test_missing_markers(write: Write) -> None:
    rows = "Ann,7,5 kg,1\nBob,#N/A,7 kg,2\nCid,9,6 kg,--\nDee,8,4 kg,n.a.\n"
    table = table_of(write(f"Name,Score,Weight,Price\n{rows}"))
    assert column(table, "r.score-number") == [7, "None", 9, 8]
    assert column(table, "r.weight-number") == [5, 7, 6, 4]
    assert column(table, "r.price-number") == [1, 2, "None", "None"]
    assert "column 'Price' read as number: missing: --, n.a." in table.notes


@pytest.mark.parametrize(
    "content",
    [
        b"City,Pop\rOslo,7\rRome,8\r",
        "City,Pop\nOslo,7\nRome,8\n".encode("utf-16"),
        "City,Pop\r\nOslo,7\r\nRome,8".encode("utf-8-sig"),
        b"City\tPop\nOslo\t7\nRome\t8\n",
        b"City;Pop\nOslo;7\nRome;8\n",
        b'City, Pop\n"Oslo", "7"\nRome, 8\n',
        gzip.compress(b"City,Pop\nOslo,7\nRome,8\n", mtime=0),
    ],
)
def test_files_that_can_be_read_safely(write: Write, content: bytes) -> None:
    table = read_table_file(write(content))
    assert [cell.strip() for cell in table.header] == ["City", "Pop"]
    assert [[c.strip() for c in row] for row in table.rows] == [["Oslo", "7"], ["Rome", "8"]]


def test_long_fields_and_quotes_after_a_blank(write: Write) -> None:
    assert len(read_table_file(write(f"a,b\n{'x' * 200_000},2\n")).rows[0][0]) == 200_000
    table = read_table_file(write('Item, Text, Size\nA, "x, y", 3\n'))
    assert table.rows == [["A", "x, y", "3"]]
    commas = read_table_file(write("Name;Value (a, b, c)\nx;1\ny;2\n"))
    assert commas.header == ["Name", "Value (a, b, c)"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("t.csv", "a\nTromsø\n".encode("latin-1"), "encoding: cp1252"),
        ("t.csv", b"PK\x03\x04...", "name it .xlsx"),
        ("t.csv", b"\x1f\x8bbroken", "its gzip is broken"),
        ("t.csv", "City,Pop\nOslo,7\n".encode("utf-16-le") * 9, "UTF-16 without its mark"),
        ("t.xlsx", b"no sheet", "it is no spreadsheet"),
        ("t.doc", b"", "save the table as .csv"),
    ],
)
def test_other_files_end_in_one_line(write: Write, name: str, content: bytes, says: str) -> None:
    with pytest.raises(DataError) as stopped:
        read_table_file(write(content, name))
    assert says in str(stopped.value) and len(str(stopped.value).splitlines()) == 1


def test_choices_beside_a_table(write: Write) -> None:
    path = write("Bäume\nOrt;Tag;Nr\nKöln;01/02/2021;7\n".encode("latin-1"))
    options = write(
        "encoding: latin-1\ndelimiter: ';'\nheader: 2\n"
        "columns:\n  Tag: {order: day first}\n  Nr: text\n",
        "t.csv.yaml",
    )
    table = table_of(path)
    assert column(table, "r.tag-date") == ["2021-02-01"]
    assert "r.nr-number" not in [p.name for p in table.table.properties]
    for text, says in (
        ("colums: 1", "options encoding"),
        ("header: x", "header as int"),
        ("a: [", "YAML"),
    ):
        options.write_text(text)
        with pytest.raises(DataError, match=says):
            table_of(path)


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        ('"what of ""alpha""?"\tt.csv\t"x ""y"""', 'what of "alpha"?', 'x "y"'),
        ('"alpha" is what?\tt.csv\tz', '"alpha" is what?', "z"),
    ],
)
def test_quoted_fields_of_tsv_questions(
    write: Write, tmp_path: Path, text: str, question: str, answer: str
) -> None:
    write("a\n1\n")
    path = write(f"question\ttable\tanswer\n{text}\nplain?\tt.csv\tz\n", "dev.tsv")
    first, second = read_questions(tmp_path, path)
    assert isinstance(first, OwnQuestion) and isinstance(second, OwnQuestion)
    assert (first.text, first.answer, second.text) == (question, (answer,), "plain?")


def test_commas_in_real_columns_of_wikisqls_format(tmp_path: Path) -> None:
    rows = [["A", "3,5"], ["B", "1,200"], ["C", "1_0"], ["D", "40"]]
    table = {"id": "t1", "header": ["Ort", "Menge"], "types": ["text", "real"], "rows": rows}
    question = {
        "table_id": "t1",
        "question": "max Menge?",
        "sql": {"sel": 1, "agg": 1, "conds": []},
    }
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.tables.jsonl").write_text(json.dumps(table) + "\n")
        (tmp_path / f"{split}.jsonl").write_text(json.dumps(question) + "\n")
    data = WikiSQLDataModule(str(tmp_path), cache=str(tmp_path / "cache"))
    problem, *_ = data.problems()
    assert "2 cells of table t1 are no numbers, the first in row 1, column 'Menge'" in problem
    (example,) = data.examples("dev")
    assert example.table.columns[1] == (None, 1200, None, 40)


def test_one_number_in_two_spellings_is_one_answer(write: Write) -> None:
    path = write(
        'Item,Price\nA,"5,866.00"\nB,12.50\nC,3 Doors Down\n'.replace("C,3 Doors Down\n", "")
    )
    for reading in (PLAIN, ANNOTATED):
        answers = reading.read("t", read_table_file(path)).answers
        for text in ("5866", "5,866.00", "$5,866"):
            assert answers.answer([text]).accepts((5866.0,)) and answers.is_cell(text)
        assert answers.answer(["5866"]).accepts(("5,866.00",))
        assert not answers.answer(["5866"]).accepts(("12.50",))


def test_questions_without_answers_are_no_part_of_the_score(write: Write, tmp_path: Path) -> None:
    write("a,b\nx,1\ny,2\n")
    text = "question\ttable\tanswer\nb of x?\tt.csv\t1\nb of y?\tt.csv\t\n"
    for name in ("train", "dev", "test"):
        write(text, f"{name}.tsv")
    data = OwnTablesDataModule(str(tmp_path), "wikisql", cache=str(tmp_path / "cache"))
    assert len(data.examples("test")) == 2 and len(data.scored("test")) == 1
    assert sum(map(len, data.predict_dataloader())) == 2
    assert sum(map(len, data.test_dataloader())) == 1
    write("question\ttable\nb of x?\tt.csv\n", "dev.tsv")
    data = OwnTablesDataModule(str(tmp_path), "wikisql", cache=str(tmp_path / "cache"))
    with pytest.raises(DataError, match="write answers for dev"):
        data.val_dataloader()


def test_words_of_all_scripts(write: Write) -> None:
    table = table_of(write("都市,数\n北京,1\n東京,2\n京都,3\n"))
    assert ("東 京",) in constants(table, "東京の数は?")
    assert table.table.containing(0, ("東 京",)) == 0b10
    hindi = table_of(write("शहर,n\nदिल्ली,1\nदल्ला,2\n"))
    assert constants(hindi, "दिल्ली में n") == [("दिल्ली",)]


def test_a_whole_cell_wins(write: Write) -> None:
    table = table_of(write("City,n\nNew York,1\nNew York City,2\nYork,3\n")).table
    assert table.containing(0, ("new york",)) == 0b1
    assert table.containing(0, ("york",)) == 0b100
    assert table.containing(0, ("city",)) == 0b10
