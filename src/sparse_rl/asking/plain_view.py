"""View of a result as plain text: answer, steps, SQL."""

from __future__ import annotations

from collections.abc import Sequence

from sparse_rl.asking.candidates import Candidate, RankedPrograms, TraceStep
from sparse_rl.interpreters.tables.table import Scalar

_MOST_ROWS = 12
SQL_HEADING = "SQL on the file imported as t, every cell as text"
NO_SQL = "no SQL: a function is declared without it, or it would list thousands of cells"


def summary(result: RankedPrograms) -> list[str]:
    """Formats what the answer rests on, a line each: the sentence, constants, another answer."""
    best, second = result.programs[0], result.disagreeing
    lines = [best.sentence] if best.sentence else []
    if best.used:
        lines.append(f"from the question: {', '.join(best.used)}")
    if best.unused:
        lines.append(f"not used of the question: {', '.join(best.unused)}")
    if result.not_understood:
        lines.append(f"not understood: {', '.join(result.not_understood)}")
    if second is not None:
        lines.append(
            f"another program ({second.probability:.0%}) says {values(second.answer, 5)}: "
            f"{second.sentence}"
        )
    return lines


def text(result: RankedPrograms) -> str:
    """Formats the answer and the steps of the best program, and the other programs."""
    lines = [
        result.question,
        f"answer: {values(result.answer)}  ({result.probability:.0%})",
        *summary(result),
        *(f"  {step(s)}" for s in result.trace),
        *(f"  {line}" for line in (result.sql or NO_SQL).splitlines()),
    ]
    others = result.programs[1:]
    lines += [*(["or:"] if others else []), *(f"  {other(o)}" for o in others)]
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
