"""Tables with ruled lines: Markdown, and what database clients print."""

from __future__ import annotations

import re

_RULE = re.compile(r"[|+]?\s*:?-+:?\s*(?:[|+]\s*:?-+:?\s*)*[|+]?")
_BAR = re.compile(r"(?<!\\)\|")


def ruled_rows(text: str) -> list[tuple[int, list[str]]] | None:
    r"""Reads the rows between ruled lines; None if neither of the first two lines is ruled.

    >>> ruled_rows("| a | b |\n|---|--:|\n| x | 1 |")
    [(1, ['a', 'b']), (3, ['x', '1'])]
    """
    lines = [line.strip() for line in text.split("\n")]
    if not any(_is_rule(line) for line in lines[:2]):
        return None
    return [
        (number, _cells(line))
        for number, line in enumerate(lines, 1)
        if line and not _is_rule(line)
    ]


def _is_rule(line: str) -> bool:
    return ("|" in line or "+" in line) and _RULE.fullmatch(line) is not None


def _cells(line: str) -> list[str]:
    line = line.removeprefix("|")
    line = line if line.endswith("\\|") else line.removesuffix("|")
    return [cell.strip().replace("\\|", "|") for cell in _BAR.split(line)]
