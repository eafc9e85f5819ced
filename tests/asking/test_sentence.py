"""A program in words: good English, and another sentence for every other program."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from sparse_rl.asking.question_words import QuestionWords
from sparse_rl.asking.sentence import SentenceWriter
from sparse_rl.asking.table_words import CONNECTORS, quoted
from sparse_rl.asking.tables import OpenTable, open_table
from sparse_rl.datamodules.tables.reading import ANNOTATED, PLAIN
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.interpreters.tables.functions import medals
from sparse_rl.interpreters.tables.language import (
    Language,
    plain_language,
    wikisql_language,
    wtq_language,
)
from sparse_rl.interpreters.tables.program import (
    ALL_ROWS,
    Program,
    format_program,
    parse_program,
    run_program,
)
from sparse_rl.interpreters.tables.registry import language_function
from sparse_rl.interpreters.tables.signature import Rows, Strings
from sparse_rl.interpreters.tables.table import StringProperty, Table
from sparse_rl.interpreters.tables.table_world import TableWorld

SALES = TextTable(
    ["Customer", "City", "Amount", "Paid on", "Year"],
    [
        ["Rock and Roll", "Lima", "$1,200", "5 March 2021", "2020"],
        ["Wu", "Lima", "$12,000", "6 March 2021", "2021"],
        ["Ito", "Oslo", "$7,500", "2 May 2021", "2021"],
        ["Diaz", "Lima Norte", "$6,000", "1 June 2021", "2022"],
    ],
)


def opened(text: TextTable, reading: Any = ANNOTATED) -> OpenTable:
    read = reading.read("t", text)
    return OpenTable(text, read.table, read.sources, read, reading.annotates)


def said(program: str, table: OpenTable, question: str = "", language: Any = None) -> str:
    language = language or plain_language()
    steps = run_program(parse_program(program, language), table.table, language)
    words = {}
    if question:
        example = table.example(question)
        words = QuestionWords.of(example).by_value(example.constants)
    return SentenceWriter(table, words).sentence(steps)


GUESTS = TextTable(
    ["Episode", "Guest", "Score", "Host"],
    [["A", "Ann", "7", "Petra"], ["B", "", "-", "Petra"], ["C", "", "9", "Olaf"]],
)


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("( filter_in all_rows [''] r.guest-string ) ( count v0 )", "rows without a Guest"),
        (
            "( filter_in all_rows ['petra'] r.host-string ) "
            "( filter_in v0 [''] r.score-string ) ( count v1 )",
            "rows without a Score where Host is Petra",
        ),
        (
            "( filter_in all_rows [''] r.guest-string ) "
            "( filter_not_in v0 [''] r.score-string ) ( count v1 )",
            "rows without a Guest and with a Score",
        ),
    ],
)
def test_cells_without_a_value(program: str, says: str) -> None:
    assert said(program, opened(GUESTS)) == f"This is the number of {says}."


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("( count all_rows )", "the number of all rows"),
        ("( hop all_rows r.city-string )", "the City of every row"),
        (
            "( filter_in all_rows ['lima'] r.city-string ) "
            "( filter_gt v0 [5000] r.amount-number ) ( argmax v1 r.amount-number ) "
            "( hop v2 r.customer-string )",
            "the Customer of the row with the greatest Amount among the row where City is Lima and "
            "Amount is above $5,000",
        ),
        (
            "( filter_in all_rows ['rock and roll', 'wu'] r.customer-string ) ( count v0 )",
            'the number of rows where Customer is "Rock and Roll" or Wu',
        ),
        (
            "( filter_not_in all_rows ['norte'] r.city-string ) ( hop v0 r.amount-string )",
            "the Amount of each of the 3 rows where City does not contain norte",
        ),
        (
            "( filter_ge all_rows [2021-03-06] r.paid_on-date ) ( argmin v0 r.paid_on-date ) "
            "( hop v1 r.customer-string )",
            'the Customer of the row with the earliest "Paid on" among the 3 rows where "Paid on" '
            "is on or after 6 March 2021",
        ),
        (
            "( filter_lt all_rows [2021-06-xx] r.paid_on-date ) ( average v0 r.amount-number )",
            'the average Amount over the 3 rows where "Paid on" is before June 2021',
        ),
        (
            "( argmax all_rows r.year-number ) ( previous v0 ) ( hop v1 r.year-string )",
            "the Year of the row right before the row with the greatest Year",
        ),
        (
            "( filter_eq all_rows [2021] r.year-number ) ( next v0 ) ( first v1 ) "
            "( hop v2 r.customer-string )",
            "the Customer of the first of the 2 rows right after each of the 2 rows where Year is "
            "2021",
        ),
        (
            "( filter_in all_rows ['wu'] r.customer-string ) ( same_as v0 r.city-string ) "
            "( hop v1 r.customer-string )",
            "the Customer of the other row with the same City as the row where Customer is Wu",
        ),
        (
            "( argmax all_rows r.amount-number ) ( last all_rows ) ( diff v0 v1 r.amount-number )",
            "the difference in Amount between the row with the greatest Amount and the last row",
        ),
        (
            "( argmax all_rows r.amount-number ) ( filter_in v0 ['wu'] r.customer-string ) "
            "( count v1 )",
            None,
        ),
        ("( maximum all_rows r.paid_on-date )", 'the latest "Paid on" among all rows'),
        ("( minimum all_rows r.amount-number )", "the least Amount among all rows"),
        ("( sum all_rows r.amount-number )", "the sum of Amount over all rows"),
        ("( mode all_rows r.city-string )", "the most frequent City among all rows"),
        (
            "( count_distinct all_rows r.city-string )",
            "the number of different values of City among all rows",
        ),
        (
            "( filter_in all_rows ['2021'] r.year-string ) ( hop v0 r.amount-number )",
            "the Amount as a number of each of the 2 rows where Year is written 2021",
        ),
    ],
)
def test_a_program_in_a_sentence(program: str, says: str | None) -> None:
    told = said(program, opened(SALES))
    assert says is None or told == f"This is {says}."


def test_no_answer_is_told_as_such() -> None:
    assert "does not seem" in said("( no_answer all_rows )", opened(SALES))


def test_numbers_are_written_as_the_column_writes_them() -> None:
    text = TextTable(
        ["Name", "Weight", "Share", "Length", "Time", "Change"],
        [
            ["a", "5 kg", "12 %", "1.200,5", "14:30", "-3"],
            ["b", "7 kg", "20 %", "13.000,0", "15:00", "4"],
        ],
    )
    table = opened(text, PLAIN)
    for name, value, words in (
        ("weight", 6, "6 kg"),
        ("share", 20, "20 %"),
        ("length", 2000.5, "2.000,5"),
        ("time", 54000, "15:00"),
        ("change", -7, "-7"),
    ):
        program = f"( filter_ne all_rows [{value}] r.{name}-number ) ( count v0 )"
        assert said(program, table, language=wikisql_ne()).endswith(f" is not {words}."), name


def wikisql_ne() -> Language:
    return wtq_language()


def test_tables_of_the_package_have_words_too() -> None:
    program = "( filter_in all_rows ['peru'] r.nation-string ) ( hop v0 r.golds-number )"
    told = said(program, open_table(medals(), PLAIN), language=wikisql_language())
    assert told == "This is the Golds of the row where Nation is peru."


@pytest.mark.parametrize("function", plain_language().functions, ids=lambda function: function.name)
def test_every_function_of_the_package_has_its_phrase(function: Any) -> None:
    """The general phrase of users' functions says `the result of`."""
    world = TableWorld(opened(SALES).example("rock and roll or wu in 2021"), plain_language())
    rng = random.Random(0)
    for _ in range(2000):
        program = random_program(world, rng)
        if any(expression.function == function.name for expression in program):
            told = said(format_program(program), opened(SALES))
            assert "the result of" not in told and function.name.split("_")[0] + "_" not in told
            return
    raise AssertionError(f"no program with {function.name}")


def test_a_function_of_ones_own_is_told_with_all_that_it_is_given() -> None:
    @language_function(name="matching_words")
    def matching(table: Table, rows: Rows, strings: Strings, column: StringProperty) -> Rows:
        return Rows(rows & table.containing(column.column, strings))

    language = wtq_language().extended(matching)
    program = "( matching_words all_rows ['lima'] r.city-string ) ( count v0 )"
    assert said(program, opened(SALES), language=language) == (
        "This is the number of the result of matching_words on all rows with lima and City."
    )


HARD = [
    (SALES, "how many of rock and roll or wu in lima paid over 7000 in march 2021 or 2021"),
    (
        # Headers with the words of a sentence, twice, empty, and with several views.
        TextTable(
            ["Score", "Score", "Amount as a number", "number", "", "A and B is c", "Held"],
            [
                ["3-1", "x 1", "1", "5 kg", "a", '6" pipe', "2020"],
                ["2-2", "y 2", "2", "6 kg", "b", "c and B is d", "2021"],
                ["1-0", "z 7", "4", "7 kg", "not a", "c", "2021"],
                ["0-3", "x 9", "3", "5 kg", "a or b", "least c", "2022"],
            ],
        ),
        '3 x 1 a or b not a c and B is d 5 kg above 5000 g in 2021, 6" pipe least c',
    ),
    (
        TextTable(
            ["Date", "Home", "Away", "Goals"],
            [
                ["05/11/2020", "Rovers", "City", "1"],
                ["17/11/2020", "City", "Rovers", "2"],
                ["05/12/2020", "City", "United", "2"],
            ],
        ),
        "rovers or city at home on 17 november 2020, december, the 5th, 2 or 1 goals",
    ),
]


def random_program(world: TableWorld, rng: random.Random) -> Program:
    state = world.start()
    while state.valid:
        state = world.step(state, rng.choice(state.valid))
    return world.program(state.actions)


def tree(program: Program) -> object:
    """The program without the order of its expressions."""
    bound: dict[str, object] = {ALL_ROWS: ALL_ROWS}
    for index, expression in enumerate(program):
        arguments = [bound.get(a, a) if isinstance(a, str) else a for a in expression.arguments]
        bound[f"v{index}"] = (expression.function, bound[expression.rows], *arguments)
    return bound[f"v{len(program) - 1}"]


@pytest.mark.parametrize("place", range(len(HARD)))
@pytest.mark.parametrize(
    "language", [plain_language(3), wikisql_language(3)], ids=["plain", "wikisql"]
)
def test_other_programs_have_other_sentences(place: int, language: Language) -> None:
    text, question = HARD[place]
    table = opened(text, ANNOTATED if len(language.functions) > 10 else PLAIN)
    example = table.example(question)
    world, rng = TableWorld(example, language), random.Random(place)
    writer = SentenceWriter(table, QuestionWords.of(example).by_value(example.constants))
    programs = {random_program(world, rng) for _ in range(1500)}
    told: dict[str, object] = {}
    for program in programs:
        sentence = writer.sentence(run_program(program, table.table, language))
        assert told.setdefault(sentence, tree(program)) == tree(program), sentence
    assert len(told) > 90


def test_names_with_the_words_of_a_sentence_are_in_quotes() -> None:
    words: Sequence[str] = sorted(CONNECTORS)
    assert [quoted(f"x {word.upper()} y") for word in words] == [
        f'"x {word.upper()} y"' for word in words
    ]
