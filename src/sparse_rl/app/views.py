"""HTML of tables, steps and answers; all text of tables and questions is escaped."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape
from typing import Any

from sparse_rl.annotation.readers.columns import ColumnReading
from sparse_rl.app.records import AskedQuestion
from sparse_rl.asking import plain_view
from sparse_rl.asking.candidates import Candidate, RankedPrograms
from sparse_rl.asking.excerpt import excerpt
from sparse_rl.asking.question_words import QuestionWords
from sparse_rl.asking.sentence import sentence
from sparse_rl.asking.tables import OpenTable
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.program import ALL_ROWS, parse_program

FEW_ROWS, MANY_ROWS = 12, 200
"""Rows of a step's table, and where somebody wants more."""
_MOST_COLUMNS = 60
_EXAMPLES = 3
_LONG = 30


def markdown_text(text: str) -> str:
    r"""Escapes text for labels that are Markdown: no image of a cell is ever fetched.

    >>> print(markdown_text("a *b*"))
    a \*b\*
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def answer_card(result: RankedPrograms) -> str:
    """The answer, its sentence, how sure the model is, and what of the question it used."""
    best = result.programs[0]
    return (
        '<div class="card">'
        f'<div class="asked">{escape(result.question)}</div>'
        f'<div class="value">{escape(plain_view.values(result.answer))}</div>'
        f'<div class="sentence">{escape(best.sentence)}</div>'
        f'<div class="sure"><span class="bar"><i style="width:{result.probability:.0%}">'
        f"</i></span>{_percent(result.probability)} sure</div>"
        + _chips("from the question", best.used, "used")
        + _chips("not used", best.unused, "unused")
        + _chips("not understood", result.not_understood, "unknown")
        + "</div>"
    )


def _percent(probability: float) -> str:
    """A probability that is neither nothing nor everything, without a claim that it is."""
    if 0 < probability < 0.01:
        return "&lt; 1%"
    return "&gt; 99%" if 0.99 < probability < 1 else f"{probability:.0%}"


def _chips(what: str, words: Sequence[str], kind: str) -> str:
    shown = "".join(f'<span class="chip {kind}">{escape(word)}</span>' for word in words)
    return f'<div class="words">{what} {shown}</div>' if words else ""


def alternative(candidate: Candidate, chosen: bool) -> str:
    """A program's answer, its sentence and its probability."""
    return (
        f'<div class="alternative{" chosen" if chosen else ""}">'
        f"<b>{escape(plain_view.values(candidate.answer, 5))}</b>"
        f'<span class="more"> {_percent(candidate.probability)}</span>'
        f"<div>{escape(candidate.sentence)}</div></div>"
    )


def kept_answer(answer: Sequence[str | float] | None) -> str:
    """Says which answer is kept as the right one."""
    if answer is None:
        return '<div class="ask-right">Which answer is right?</div>'
    return (
        f'<div class="ask-right kept-answer">✓ kept as right: '
        f"<b>{escape(plain_view.values(answer, 5))}</b></div>"
    )


def step_labels(
    candidate: Candidate, opened: OpenTable, language: Language, question: str
) -> list[str]:
    """What every step computes, in the question's words, with its rows or its answer."""
    program = parse_program(candidate.program, language)
    example = opened.example(question)
    words = QuestionWords.of(example).by_value(example.constants)
    labels = []
    for count, step in enumerate(candidate.trace, 1):
        said = sentence(program[:count], opened.table, words)
        phrase = said.removeprefix("This is ").removesuffix(".")
        labels.append(f"{phrase} → {_value(step.rows) or plain_view.value(step)}")
    return labels


def _value(rows: Sequence[int] | None) -> str:
    if rows is None:
        return ""
    return "1 row" if len(rows) == 1 else f"{len(rows)} rows"


def steps_table(
    opened: OpenTable, candidate: Candidate, step: int, most_rows: int = FEW_ROWS
) -> str:
    """The table with the rows and columns of one step highlighted.

    Rows that an earlier step has dropped are pale. Of the cells that the answer is read from, the
    colour is stronger.

    Args:
        opened: the table.
        candidate: the program.
        step: index of the step.
        most_rows: rows to show; those of the steps come before others.
    """
    shown = excerpt(opened.text, candidate, most_rows, len(opened.text.header))
    trace = candidate.trace[step]
    words = trace.expression.split()
    sets = {s.name: frozenset(s.rows) for s in candidate.trace if s.rows is not None}
    before = [sets[word] for word in words if word in sets]
    input_rows = frozenset().union(*before) if ALL_ROWS not in words else None
    kept = input_rows if trace.rows is None else frozenset(trace.rows)
    named = {p.name: opened.sources[p.column] for p in opened.table.properties}
    columns = {named[word] for word in words if word in named}

    def style(row: int) -> str:
        if kept is None or row in kept:
            return "result" if trace.rows is None else "kept"
        return "" if input_rows is None or row in input_rows else "gone"

    rows = ((row.number, style(row.number - 1), row.cells) for row in shown.rows)
    return _table(shown.header, rows, columns) + _more(shown.more)


def heading(name: str, text: TextTable) -> str:
    """Name and size of a table."""
    rows, columns = len(text.rows), len(text.header)
    size = f"{rows} row{'' if rows == 1 else 's'}, {columns} column{'' if columns == 1 else 's'}"
    return f'<div class="heading">{escape(name)} <span class="more">{size}</span></div>'


def lines(notes: Sequence[str]) -> str:
    """Notes, a line each."""
    return "".join(f'<div class="more">{escape(note)}</div>' for note in notes) or "<span></span>"


def learned(result: Mapping[str, Any]) -> str:
    """What a training came to, in a line."""
    told = (
        f"{result['answers']} answers; right of {result['held_out']} held-out questions: "
        f"{result['before']:.0%} before, {result['after']:.0%} after"
    )
    end = "the new model answers now" if result["kept"] else "the new model is not kept"
    return f"{told}; {end}"


def plain_table(text: TextTable) -> str:
    """The first rows of a table."""
    rows = ((n, "", cells) for n, cells in enumerate(text.rows[:MANY_ROWS], 1))
    left = len(text.rows) - MANY_ROWS
    return _table(text.header, rows, ()) + _more(f"… {left} more rows" if left > 0 else "")


def _table(
    header: Sequence[str],
    rows: Iterable[tuple[int, str, Sequence[str]]],
    columns: Collection[int],
) -> str:
    shown = range(min(len(header), _MOST_COLUMNS))
    used = {place: ' class="used"' if place in columns else "" for place in shown}
    head = "".join(f"<th{used[place]}>{escape(header[place])}</th>" for place in shown)
    body = "".join(
        f'<tr class="{style}"><td class="number">{number}</td>'
        + "".join(_cell(cells[place], used[place]) for place in shown)
        + "</tr>"
        for number, style, cells in rows
    )
    left = len(header) - len(shown)
    more = _more(f"… {left} more columns") if left else ""
    return (
        f'<div class="scroll"><table class="sheet"><thead><tr><th class="number">row</th>{head}'
        f"</tr></thead><tbody>{body}</tbody></table></div>{more}"
    )


def _cell(text: str, used: str) -> str:
    # A long text is cut off, and shown whole under the pointer.
    title = f' title="{escape(text)}"' if len(text) > _LONG else ""
    return f"<td{used}{title}>{escape(text)}</td>"


def _more(text: str) -> str:
    return f'<div class="more">{escape(text)}</div>' if text else ""


def columns_table(columns: Sequence[ColumnReading], text: TextTable) -> str:
    """How every column is read: type, unit, the first cells, and notes and warnings."""
    rows = "".join(
        f"<tr><td>{escape(column.header)}</td><td>{escape(column.type)}</td>"
        f"<td>{escape(column.unit)}</td><td>{escape(_examples(text, place))}</td>"
        f'<td class="wrap">{escape(", ".join(column.notes))}'
        + "".join(f'<div class="warning">{escape(warning)}</div>' for warning in column.warnings)
        + "</td></tr>"
        for place, column in enumerate(columns)
    )
    return (
        '<div class="scroll"><table class="sheet"><thead><tr><th>column</th><th>read as</th>'
        f"<th>unit</th><th>cells</th><th>notes</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _examples(text: TextTable, place: int) -> str:
    cells = dict.fromkeys(" ".join(row[place].split()) for row in text.rows[:MANY_ROWS])
    return ", ".join([cell for cell in cells if cell][:_EXAMPLES])


def asked_list(asked: Sequence[AskedQuestion]) -> str:
    """Questions with their right answers, the newest first."""
    rows = "".join(
        f"<tr><td>{escape(one.question)}</td><td>{_answer(one)}</td></tr>"
        for one in reversed(asked)
    )
    return (
        '<div class="scroll"><table class="sheet"><thead><tr><th>question</th>'
        f"<th>right answer</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _answer(asked: AskedQuestion) -> str:
    if asked.answer is None:
        return '<span class="more">not given</span>'
    return escape(plain_view.values(asked.answer, 5))
