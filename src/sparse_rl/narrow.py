"""Text for terminals of the usual width."""

from __future__ import annotations

from textwrap import fill

WIDTH = 80
"""Columns of a terminal of the usual width."""


def narrow(text: str) -> str:
    """Breaks every line of a text that is longer than `WIDTH`; words such as paths stay whole."""
    return "\n".join(
        fill(line, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        if len(line) > WIDTH
        else line
        for line in text.splitlines()
    )
