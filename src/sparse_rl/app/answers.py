"""Answers that people type."""

from __future__ import annotations

from collections.abc import Sequence

from sparse_rl.asking.tables import OpenTable
from sparse_rl.interpreters.tables.functions import NO_ANSWER


def typed_items(text: str) -> tuple[str, ...]:
    """Items of a typed answer, one on each line.

    >>> typed_items(" Eiger\\n\\nDom ")
    ('Eiger', 'Dom')
    """
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def unknown_items(opened: OpenTable, items: Sequence[str | float]) -> tuple[str, ...]:
    """Items that no program can have: neither numbers nor cells of the table."""
    if opened.read is None:
        return ()
    answers = opened.read.answers
    return tuple(
        str(item)
        for item in items
        if item != NO_ANSWER and not answers.is_number(item) and not answers.is_cell(item)
    )
