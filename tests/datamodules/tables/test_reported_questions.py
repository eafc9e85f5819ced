"""Questions and answers of the kinds that users of table question answering report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sparse_rl.datamodules.tables.own_tables import OwnTablesDataModule
from sparse_rl.datamodules.tables.reading import ANNOTATED, ReadTable
from sparse_rl.datamodules.tables.table_files import TextTable

TABLES = {
    "plain": (["Town", "People", "Founded"], "Oslo|250000|1895/Rome|301000|1991/Köln|950|1999"),
    "decimals": (["Item", "Cups"], "tea|0.5/milk|1.5/rice|2.75"),
    "commas": (["Ort", "Preis"], "Köln|12,5/Bonn|1.912,25"),
    "times": (["Train", "Start"], "A|15:04/B|09:30/C|3:00 pm"),
    "laps": (["Name", "Time"], "A|1:02:03/B|0:59:30"),
    "dates": (["Event", "Date"], "A|2021-01-15/B|2021-02-20/C|1999-09-05"),
    "day first": (["Event", "Date"], "A|31/12/2020/B|01/02/2021"),
    "shares": (["Name", "Share"], "A|0.12/B|0.35"),
    "percent": (["Name", "Share"], "A|12%/B|35%"),
    "grams": (["Name", "Weight (g)"], "A|500/B|7000"),
    "kilometres": (["Name", "Way"], "A|5 km/B|12 km"),
    "old": (["Name", "Born"], "A|44 BC/B|100 BC/C|14 AD"),
    "codes": (["Name", "Code", "Host"], "A|007|10.0.0.1/B|012|192.168.100.200"),
    "phones": (["Name", "Phone"], "A|+47 22 33 44 55/B|+1 555 123 4567"),
    "homes": (["Home", "Type", "Tools"], "N1|flat|handsaws/N2|cottage|pump/N3|city villa|boxes"),
    "names": (["Name", "Band"], "O’Hara|AC/DC/Zoë|3 Doors Down/Smith-Jones|U2"),
}


def table_of(name: str) -> ReadTable:
    header, text = TABLES[name]
    if name == "names":
        rows = [["O’Hara", "AC/DC"], ["Zoë", "3 Doors Down"], ["Smith-Jones", "U2"]]
    elif name == "day first":
        rows = [["A", "31/12/2020"], ["B", "01/02/2021"]]
    else:
        rows = [row.split("|") for row in text.split("/")]
    return ANNOTATED.read("t", TextTable(header, rows))


def of(kind: str, table: str, question: str, *constants: Any) -> Any:
    return pytest.param(table, question, list(constants), id=kind)


QUESTIONS = (
    of("number word", "plain", "more than twelve people", 12),
    of("a dozen", "plain", "more than a dozen people", 12),
    of("half a dozen", "plain", "half a dozen people", 6),
    of("two dozen", "plain", "two dozen people", 24),
    of("hundreds without and", "plain", "two hundred fifty thousand people", 250_000),
    of("a word and a number", "plain", "1.2 million people", 1_200_000),
    of("vulgar fraction", "decimals", "more than ½ cup", 0.5),
    of("number with a vulgar fraction", "decimals", "more than 2¾ cups", 2.75),
    of("mixed number", "decimals", "1 1/2 cups", 1.5),
    of("fraction", "decimals", "3/4 of a cup", 0.75, 3, 4),
    of("fraction in words", "decimals", "two thirds of a cup", 2 / 3),
    of("a quarter", "decimals", "a quarter of a cup", 0.25),
    of("three quarters", "decimals", "three quarters of a cup", 0.75),
    of("one and a half", "decimals", "one and a half cups", 1.5),
    of("approximation", "plain", "about ~950 people", 950),
    of("at least", "plain", ">=1,000 people", 1000),
    of("thousands by blanks", "plain", "over 250 000 people", 250_000),
    of("thousands by thin spaces", "plain", "over 250\u2009000 people", 250_000),
    of("Indian grouping", "plain", "over 2,50,000 people", 250_000),
    of("Swiss apostrophes", "plain", "over 250’000 people", 250_000),
    of("range", "plain", "between 10–12 people", 10, 12),
    of("decade", "plain", "founded in the 1990s", 1990, 2000),
    of("decade in words", "plain", "founded in the nineties", 1990, 2000),
    of("years and numbers", "plain", "in 1991 with 301,000 people", 1991, 301_000),
    of("before Christ", "old", "born before 44 BC", -44),
    of("B.C. with points", "old", "born before 44 B.C.?", -44),
    of("decimal comma", "commas", "wo ist der Preis 12,5?", 12.5),
    of("thousands point", "commas", "wo ist der Preis 1.912,25?", 1912.25),
    of("time of day", "times", "which train starts at 15:04?", 54_240),
    of("time of day with pm", "times", "which train starts after 3 pm?", 54_000),
    of("time of day with a.m.", "times", "which train starts at 9:30 a.m.?", 34_200),
    of("noon", "times", "which trains start after noon?", 43_200),
    of("duration", "laps", "who needed less than 1:00:00?", 3600),
    of("duration in words", "laps", "who needed less than 60 minutes?", 3600, 60),
    of("hours and minutes", "laps", "who needed less than 1h 2min?", 3720),
    of("ordinal day", "dates", "on the 5th of September 1999", "1999-09-05"),
    of("abbreviated month", "dates", "on Sept. 5, 1999", "1999-09-05"),
    of("day without a year", "dates", "on the 5th of September", "xxxx-09-05"),
    of("quarter", "dates", "in Q1 2021", "2021-01-xx"),
    of("quarter in words", "dates", "in the first quarter of 2021", "2021-01-xx"),
    of("ISO week", "dates", "in 2021-W03", "2021-01-18"),
    of("timestamp", "dates", "after 2021-02-01T10:30:00Z", "2021-02-01"),
    of("time after a date", "dates", "after Feb 1, 2021 at 3:04 pm", "2021-02-01"),
    of("year alone", "dates", "in 1999?", "1999-xx-xx"),
    of("day first", "day first", "after 01/02/2021", "2021-02-01"),
    of("per cent of shares", "shares", "more than 20%", 20, 0.2),
    of("per cent of percentages", "percent", "more than 20%", 20),
    of("per cent in words", "shares", "more than 20 percent", 20, 0.2),
    of("another unit", "grams", "heavier than 5 kg", 5, 5000),
    of("the unit of the header", "grams", "heavier than 500 g", 500),
    of("another unit than the cells'", "kilometres", "longer than 7000 m", 7000, 7),
    of("leading zeros", "codes", "who has the code 007?", ("007",)),
    of("IP address", "codes", "whose host is 192.168.100.200?", ("192.168.100.200",)),
    of("telephone number", "phones", "whose is +47 22 33 44 55?", ("+47 22 33 44 55",)),
    of("straight apostrophe", "names", "what about O'Hara?", ("o hara",)),
    of("accent left out", "names", "what about Zoe?", ("zoe",)),
    of("name that begins with a number", "names", "who sings in 3 Doors Down?", ("3 doors down",)),
    of("slash in a name", "names", "who sings in AC/DC?", ("ac dc",)),
    of("plural of a cell", "homes", "how many flats are there?", ("flat",)),
    of("plural in -ies of no cell", "homes", "how many cities are there?"),
    of("plural of the last word", "homes", "which city villas?", ("city",), ("city villa",)),
    of("singular of a cell", "homes", "who has a handsaw?", ("handsaws",)),
    of("singular of a cell in -es", "homes", "who has a box?", ("boxes",)),
    of("invisible mark", "plain", "how many people has \u200bOslo\u200e?", ("oslo",)),
    of("no-break space", "plain", "over 250\u00a0000 people", 250_000),
)


@pytest.mark.parametrize(("table", "question", "expected"), QUESTIONS)
def test_a_question_has_its_constants(table: str, question: str, expected: list[Any]) -> None:
    # Strings, numbers or dates, whichever are expected; the others may be right as well.
    wanted = {v if isinstance(v, (tuple, str)) else float(v) for v in expected}
    found = [c.value for c in table_of(table).example("q", question).constants]
    values = {v if isinstance(v, (tuple, float)) else str(v) for v in found}
    kinds = {type(value) for value in wanted}
    assert {value for value in values if type(value) in kinds} == wanted


ANSWERS = (
    ("fraction", "decimals", "½", 0.5),
    ("mixed number", "decimals", "1 1/2", 1.5),
    ("currency", "plain", "$250,000", 250_000),
    ("per cent", "percent", "12 %", 12),
    ("decimal comma", "commas", "12,5", 12.5),
    ("thousands point", "commas", "1.912,25", 1912.25),
    ("number of JSON beside decimal commas", "commas", 912.625, 912.625),
    ("whole number of JSON", "plain", 950, 950),
    ("time of day", "times", "3 pm", 54_000),
    ("before Christ", "old", "44 BC", -44),
    ("accounting negative", "plain", "(1,234)", -1234),
)


@pytest.mark.parametrize(
    ("table", "item", "value"), [pytest.param(*row[1:], id=row[0]) for row in ANSWERS]
)
def test_an_answer_has_its_value(table: str, item: str | float, value: float) -> None:
    answer = table_of(table).answers.answer([item])
    assert answer.accepts((value,)) and not answer.accepts((value + 1,))


def test_numbers_of_json_are_numbers(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('Ort;Preis\nA;"12,5"\nB;"900,125"\n')
    line = {"question": "the sum?", "table": "t.csv", "answer": 912.625}
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.jsonl").write_text(json.dumps(line) + "\n")
    data = OwnTablesDataModule(str(tmp_path), "wikisql", cache=str(tmp_path / "cache"))
    (example,) = data.examples("dev")
    assert example.answer is not None and example.answer.accepts((912.625,))
    assert not example.answer.accepts((912625,)) and not list(data.file_problems())
