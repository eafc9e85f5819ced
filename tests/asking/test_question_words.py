"""Constants are told as the question writes them, not as tokens."""

from __future__ import annotations

import pytest

from sparse_rl.asking.question_words import QuestionWords
from sparse_rl.asking.sentence import SentenceWriter
from sparse_rl.asking.tables import OpenTable
from sparse_rl.datamodules.tables.reading import PLAIN
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.interpreters.tables.language import wikisql_language
from sparse_rl.interpreters.tables.program import parse_program, run_program

LOANS_TEXT = TextTable(
    ["Loan", "Customer", "Due", "Time"],
    [["L-001", "Müller GmbH", "05/11/2020", "16:00"], ["L-002", "Wu", "17/11/2020", "14:30"]],
)
LOANS = PLAIN.read("loans", LOANS_TEXT)


@pytest.mark.parametrize(
    ("question", "program", "says"),
    [
        ("Who has L-001?", "( filter_in all_rows ['l 001'] r.loan-string )", "Loan is L-001"),
        (
            "Loans of  Müller GmbH?",
            "( filter_in all_rows ['muller gmbh'] r.customer-string )",
            "Customer is Müller GmbH",
        ),
        ("What is due at 3 pm?", "( filter_lt all_rows [54000] r.time-number )", "Time is 3 pm"),
    ],
)
def test_a_sentence_has_the_words_of_the_question(question: str, program: str, says: str) -> None:
    example = LOANS.example("q", question)
    words = QuestionWords.of(example)
    language = wikisql_language(3)
    parsed = parse_program(f"{program} ( count v0 ) <END>", language)
    opened = OpenTable(LOANS_TEXT, LOANS.table, LOANS.sources, LOANS, False)
    writer = SentenceWriter(opened, words.by_value(example.constants))
    told = writer.sentence(run_program(parsed, LOANS.table, language)).replace("below ", "")
    assert told == f"This is the number of rows where {says}."
    assert words.widest(example.constants) == (says.partition(" is ")[2],)


def test_tokens_of_another_annotation_are_joined() -> None:
    words = QuestionWords("Who has L-001?", ("who", "has", "l", "001"), ())
    assert words.text(2, 4) == "l 001"


def test_headers_with_digits_are_understood() -> None:
    sales = PLAIN.read("sales", TextTable(["Rep", "Q1", "Q2"], [["Ann", "100", "120"]]))
    assert not sales.not_understood(sales.example("q", "What did Ann sell in Q1?"))
    assert sales.not_understood(sales.example("q", "What did Ann sell in Q3?")) == ("Q3",)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Who has more than 500 points?", "more than 500"),
        ("Who has 500 points?", "500"),
        ("Which of them is at least not over 500?", "least not over 500"),
    ],
)
def test_a_number_is_told_with_the_words_that_compare_it(question: str, told: str) -> None:
    table = TextTable(["Name", "Points"], [["Ann", "300"], ["Ben", "700"]])
    example = PLAIN.read("points", table).example("q", question)
    (constant,) = example.constants
    assert QuestionWords.of(example).compared(constant) == told
