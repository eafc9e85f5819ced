"""View of a result as plain text: answer, steps, SQL."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from sparse_rl.asking.candidates import AnswerReading, Candidate, RankedPrograms, TraceStep
from sparse_rl.asking.sentence import NO_ANSWER_SENTENCE
from sparse_rl.interpreters.tables.table import Scalar

_MOST_ROWS = 12
_OTHERS = 2
"""Other readings that are told."""
_LEAST = 0.01
"""Probability from which on another reading is told."""
_SURE = ((0.9, "very likely"), (0.6, "likely"), (0.0, "uncertain"))
SQL_HEADING = "SQL on the file imported as t, every cell as text"
NO_SQL = "no SQL: a function is declared without it, or it would list thousands of cells"


def headline(result: RankedPrograms) -> tuple[str, str, str]:
    """The answer, with what is said before it, and how sure it is."""
    if result.answerable:
        return "Answer: ", values(result.answer), f"  ({sure(result.confidence)})"
    return (
        f"{NO_ANSWER_SENTENCE[:-1]}; the closest reading is: {_phrase(result.programs[0])} = ",
        values(result.answer),
        f"  ({result.confidence:.0%})",
    )


def sure(probability: float) -> str:
    """A probability in words and per cent.

    >>> sure(0.97), sure(0.7), sure(0.3)
    ('very likely, 97%', 'likely, 70%', 'uncertain, 30%')
    """
    words = next(words for least, words in _SURE if probability >= least)
    return f"{words}, {probability:.0%}"


def summary(result: RankedPrograms) -> list[str]:
    """Formats what the answer rests on, a line each: the sentence, constants, other readings."""
    best = result.programs[0]
    lines = [best.sentence] if best.sentence and result.answerable else []
    if best.conditions:
        taken = (f'"{words}" as {condition}' for words, condition in best.conditions)
        lines.append(f"understood: {'; '.join(taken)}")
    if best.unused:
        lines.append(f"not used of the question: {', '.join(best.unused)}")
    if result.not_understood:
        lines.append(f"not found in the table: {', '.join(result.not_understood)}")
    others = (r for r in result.readings[1:] if r.probability >= _LEAST)
    return [*lines, *(f"or: {reading(other)}" for other in islice(others, _OTHERS))]


def reading(other: AnswerReading) -> str:
    """Formats another reading: "the least Amount among all rows = 12 (10%)"."""
    return f"{_phrase(other.program)} = {values(other.answer, 5)} ({other.probability:.0%})"


def _phrase(candidate: Candidate) -> str:
    return candidate.sentence.removeprefix("This is ").removesuffix(".")


def text(result: RankedPrograms) -> str:
    """Formats the answer and the steps of the best program, and the other programs."""
    lines = [
        result.question,
        "".join(headline(result)),
        *summary(result),
        *(f"  {step(s)}" for s in result.trace),
        *(f"  {line}" for line in (result.sql or NO_SQL).splitlines()),
    ]
    others = result.programs[1:]
    lines += [*(["programs:"] if others else []), *(f"  {other(o)}" for o in others)]
    return "\n".join((*lines, *(f"note: {note}" for note in result.notes)))


def step(shown: TraceStep) -> str:
    """Formats a step as `v0 = ( … )  →  2 rows: 3, 7`; rows count from 1."""
    name = "" if shown.name is None else f"{shown.name} = "
    return f"{name}{shown.expression}  →  {value(shown)}"


def value(shown: TraceStep) -> str:
    """Formats the value of a step."""
    if shown.rows is None:
        return values(shown.values or ())
    numbers = [str(row + 1) for row in shown.rows[:_MOST_ROWS]]
    more = ", …" if len(shown.rows) > _MOST_ROWS else ""
    count = "1 row" if len(shown.rows) == 1 else f"{len(shown.rows)} rows"
    return f"{count}: {', '.join(numbers)}{more}"


def values(answer: Sequence[Scalar], most: int = 20) -> str:
    """Formats an answer's items on one line."""
    items = [" ".join(scalar(item).split()) for item in answer[:most]]
    return ", ".join(items) + (f", … ({len(answer)} in all)" if len(answer) > most else "")


def scalar(item: Scalar) -> str:
    """Formats an item; numbers without the digits of binary rounding."""
    return f"{item:.12g}" if isinstance(item, float) and abs(item) < 1e12 else str(item)


def other(candidate: Candidate) -> str:
    """Formats a further program on one line."""
    return f"{candidate.probability:.0%}  {candidate.program}  →  {values(candidate.answer, 5)}"
