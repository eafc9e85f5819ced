"""HTML of tables: with the rows of a step highlighted, and as lists. All text is escaped."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape

from sparse_rl.annotation.readers.columns import ColumnReading
from sparse_rl.app.records import AskedQuestion
from sparse_rl.asking import plain_view
from sparse_rl.asking.candidates import Candidate
from sparse_rl.asking.excerpt import excerpt
from sparse_rl.asking.tables import OpenTable
from sparse_rl.datamodules.tables.table_files import TextTable
from sparse_rl.interpreters.tables.program import ALL_ROWS

FEW_ROWS, MANY_ROWS = 12, 200
"""Rows of a step's table, and where somebody wants more."""
_MOST_COLUMNS = 60
_EXAMPLES = 3
_LONG = 30


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
