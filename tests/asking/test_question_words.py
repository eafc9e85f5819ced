"""Constants are told as the question writes them, not as tokens."""

from __future__ import annotations

import pytest

from sparse_rl.asking.question_words import QuestionWords
from sparse_rl.asking.sentence import sentence
from sparse_rl.datamodules.tables.reading import PLAIN
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.interpreters.tables.language import wikisql_language
from sparse_rl.interpreters.tables.program import parse_program

LOANS = PLAIN.read(
    "loans",
    TextTable(
        ["Loan", "Customer", "Due", "Time"],
        [["L-001", "Müller GmbH", "05/11/2020", "15:00"], ["L-002", "Wu", "17/11/2020", "14:30"]],
    ),
)


@pytest.mark.parametrize(
    ("question", "program", "says"),
    [
        ("Who has L-001?", "( filter_in all_rows ['l 001'] r.loan-string )", "Loan is L-001"),
        (
            "Loans of  Müller GmbH?",
            "( filter_in all_rows ['muller gmbh'] r.customer-string )",
            "Customer is Müller GmbH",
        ),
        ("What is due at 3 pm?", "( filter_eq all_rows [54000] r.time-number )", "Time is 3 pm"),
    ],
)
def test_a_sentence_has_the_words_of_the_question(question: str, program: str, says: str) -> None:
    example = LOANS.example("q", question)
    words = QuestionWords.of(example)
    parsed = parse_program(f"{program} ( count v0 ) <END>", wikisql_language(3))
    told = sentence(parsed, LOANS.table, words.by_value(example.constants))
    assert told == f"This is the number of the rows where {says}."
    assert words.widest(example.constants) == (says.partition(" is ")[2],)


def test_tokens_of_another_annotation_are_joined() -> None:
    words = QuestionWords("Who has L-001?", ("who", "has", "l", "001"), ())
    assert words.text(2, 4) == "l 001"


def test_headers_with_digits_are_understood() -> None:
    sales = PLAIN.read("sales", TextTable(["Rep", "Q1", "Q2"], [["Ann", "100", "120"]]))
    assert not sales.not_understood(sales.example("q", "What did Ann sell in Q1?"))
    assert sales.not_understood(sales.example("q", "What did Ann sell in Q3?")) == ("q3",)
