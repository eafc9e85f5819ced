"""HTML and labels of answers and steps; all text of tables and questions is escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from sparse_rl.asking import plain_view
from sparse_rl.asking.candidates import Candidate, RankedPrograms
from sparse_rl.asking.sentence import NO_ANSWER_SENTENCE
from sparse_rl.datamodules.tables.table_files import TextTable


def markdown_text(text: str) -> str:
    r"""Escapes text for labels that are Markdown: no image of a cell is ever fetched.

    >>> print(markdown_text("a *b*"))
    a \*b\*
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def answer_card(result: RankedPrograms) -> str:
    """The answer, its sentence, how sure the model is, and what of the question it used."""
    best = result.programs[0]
    doubt = f"{NO_ANSWER_SENTENCE[:-1]}; the closest reading is:"
    return (
        '<div class="card">'
        f'<div class="asked">{escape(result.question)}</div>'
        + ("" if result.answerable else f'<div class="more">{escape(doubt)}</div>')
        + f'<div class="value">{escape(plain_view.values(result.answer))}</div>'
        f'<div class="sentence">{escape(best.sentence)}</div>'
        f'<div class="sure"><span class="bar"><i style="width:{result.confidence:.0%}">'
        f"</i></span>{_percent(result.confidence)} sure</div>"
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


def step_labels(candidate: Candidate) -> list[str]:
    """What every step computes, in the question's words, with its rows or its answer."""
    return [
        f"{step.phrase} → {_value(step.rows) or plain_view.value(step)}" for step in candidate.trace
    ]


def _value(rows: Sequence[int] | None) -> str:
    if rows is None:
        return ""
    return "1 row" if len(rows) == 1 else f"{len(rows)} rows"


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
