"""View of a result in a notebook."""

from __future__ import annotations

from html import escape

from sparse_rl.asking import plain_view
from sparse_rl.asking.candidates import RankedPrograms
from sparse_rl.asking.excerpt import Excerpt, excerpt

_CHOSEN = "background: rgba(255, 200, 0, .3)"
_USED = "text-decoration: underline"


def html(result: RankedPrograms) -> str:
    """Renders answer, steps, the rows used (highlighted), and the SQL; everything is escaped."""
    best = result.programs[0]
    before, answer, sure = map(escape, plain_view.headline(result))
    steps = "".join(f"<li><code>{escape(plain_view.step(s))}</code></li>" for s in best.trace)
    others = "".join(
        f"<li><code>{escape(plain_view.other(o))}</code></li>" for o in result.programs[1:]
    )
    return (
        f"<p>{escape(result.question)}<br>{before}<b>{answer}</b>{sure}"
        + "".join(f"<br>{escape(line)}" for line in plain_view.summary(result))
        + f"</p><ol>{steps}</ol>{_table(excerpt(result.table, best))}"
        f"<pre>{escape(best.sql or plain_view.NO_SQL)}</pre>"
        f"<details><summary>other programs</summary><ul>{others}</ul></details>"
    )


def _table(shown: Excerpt) -> str:
    header = "".join(
        f'<th style="{_USED if used else ""}">{escape(name)}</th>'
        for name, used in zip(shown.header, shown.used, strict=True)
    )
    rows = "".join(
        f'<tr style="{_CHOSEN if row.chosen else ""}"><td>{row.number}</td>'
        f"<td>{escape(' '.join(row.names))}</td>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in row.cells)
        + "</tr>"
        for row in shown.rows
    )
    return (
        f"<table><tr><th>row</th><th>in</th>{header}</tr>{rows}</table><p>{escape(shown.more)}</p>"
    )
