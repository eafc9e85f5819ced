"""The 12 features on a question of WikiTableQuestions' kind: views, dates, tags, two variables."""

from __future__ import annotations

import pytest

from sparse_rl.annotation import annotate_cell
from sparse_rl.datamodules.tables.benchmark_reading import annotated_cell, wikitables_example
from sparse_rl.exploration.tables.domain import TableDomain
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language, wikisql_language, wtq_language
from sparse_rl.interpreters.tables.program import parse_program
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.tables.triggers import triggers_from
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.tables.table_task import TableTask

# Every column but the town gives several views; "population" and "town" are in the question.
TABLE = Table.annotated(
    "t",
    ["Town", "Population", "Opened", "Score"],
    [
        [annotated_cell(cell, annotate_cell(cell)) for cell in row]
        for row in (
            ["Anton", "1,200", "June 5, 1950", "3-1"],
            ["Berta", "800", "May 1, 1960", "2-2"],
            ["Caesar", "5,000", "July 9, 1970", "0-4"],
        )
    ],
)
TAGS = ("WRB", "JJ", "JJR", "NNS", "VBD", "NN", "NNP", "VB", "IN", "NNP", "IN", "CD", ".")
TEXT = "how much larger population did town anton have than berta in 1950 ?"
DIFFERENCE = (
    "( filter_in all_rows ['anton'] r.town-string ) ( filter_in all_rows ['berta'] r.town-string ) "
    "( diff v0 v1 r.population-number )"
)


def question(tags: tuple[str, ...] = TAGS) -> Example:
    return wikitables_example("q", TEXT, TABLE, None, tags)


def features(
    text: str, language: Language | None = None, tags: tuple[str, ...] = TAGS
) -> tuple[float, ...]:
    """As training computes them."""
    task = TableTask()
    task.domain = TableDomain(language or wtq_language())
    example = question(tags)
    actions = TableWorld(example, task.language).actions(parse_program(text, task.language))
    return task.features(example, Trajectory(actions, ((0,),) * len(actions), 1.0))


def test_the_question_offers_what_the_others_suppose() -> None:
    found = [(c.kind, c.value, c.end - c.start) for c in question().constants]
    strings = [("string", (word,), 1) for word in ("anton", "berta", "1950")]
    assert found == [*strings, ("number", 1950.0, 1), ("date", Date(1950), 1)]
    assert {p.name for p in TABLE.properties} >= {"r.population-number", "r.opened-date"}


def test_every_feature_of_a_program_of_two_variables() -> None:
    """Tokens of constants: anton, berta, and 1950, which is a string, a number and a date."""
    expected = [
        2 / 3,  # 1 tokens of constants
        0.0,  # 2 the date is not used
        2 / 3,  # 3 two of three strings
        0.0,  # 4 nor is the number
        2 / 5,  # 5 constants
        1.0,  # 6 all are of one token
        1.0,  # 7 both columns that the question names
        1.0,  # 8 and there are no others
        1.0,  # 9
        0.0,  # 10 three expressions of at most three
        1.0,  # 11 only diff has triggers, and "than" is one
        (2 * 2 + 2) / ((2 * 5 + 2) * 3),  # 12
    ]
    assert features(DIFFERENCE) == pytest.approx(expected)


def test_views_of_a_column_are_one_column() -> None:
    by_text = "( filter_in all_rows ['anton'] r.town-string ) ( hop v0 r.population-string )"
    by_number = by_text.replace("population-string", "population-number")
    assert features(by_text)[6:9] == features(by_number)[6:9] == (1.0, 1.0, 1.0)
    assert features("( hop all_rows r.score-num2 )")[6:9] == (0.0, 0.0, 0.0)
    assert features("( hop all_rows r.population-number )")[6:9] == (1 / 2, 1 / 2, 1.0)


def test_a_date_is_a_constant_of_its_own() -> None:
    found = features("( filter_eq all_rows [1950-xx-xx] r.opened-date ) ( count v0 )")
    assert found[:6] == pytest.approx((1 / 3, 1, 0, 0, 1 / 5, 1))
    assert found[10] == 1.0, "count: how"


def test_parts_of_speech_call_for_functions() -> None:
    superlative = "( argmax all_rows r.population-number ) ( hop v0 r.town-string )"
    assert features(superlative)[10] == 1.0, "JJR"
    assert features(superlative, tags=("NN",) * 13)[10] == 0.0
    both = "( argmax all_rows r.population-number ) ( count v0 )"
    assert features(both, tags=("NN",) * 13)[10] == 1 / 2
    assert features("( hop all_rows r.town-string )")[10] == 0.0, "hop has no triggers"


def test_trigger_words_of_the_language_come_first() -> None:
    """MAPO's are for a language without; and where no parts of speech are known, as in WikiSQL."""
    text = "( maximum all_rows r.population-number )"
    assert features(text)[10] == 1.0
    assert features(text, wtq_language(triggers=triggers_from("default")))[10] == 1.0
    assert features(text, wikisql_language(), tags=())[10] == 0.0
