"""Logical forms in lambda DCS (Liang 2013), written as S-expressions by SEMPRE.

Only the text is read here; `sketch` says what a form means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from sparse_rl.errors import ProgramSyntaxError

LogicalForm: TypeAlias = "str | tuple[LogicalForm, ...]"
"""A symbol, or an expression in parentheses. A quoted text keeps its quotes."""

_LEXEME = re.compile(r'"(?:[^"\\]|\\.)*"|#.*|[()"]|[^\s()"]+')


def parse_forms(
    lines: Iterable[tuple[int, str]], name: str = "text"
) -> Iterator[tuple[int, LogicalForm]]:
    """Parses forms and yields each with the number of its first line.

    Args:
        lines: numbered lines; the rest of a line after a symbol that begins with # is a comment.
        name: the file's name, for errors.

    Raises:
        ProgramSyntaxError: a parenthesis or a quote has no partner.

    >>> list(parse_forms([(1, "(count (r.city"), (2, "c.lima)) # two")]))
    [(1, ('count', ('r.city', 'c.lima')))]
    """
    open_forms: list[tuple[int, list[LogicalForm]]] = []
    for number, line in lines:
        for symbol in _LEXEME.findall(line):
            if symbol.startswith("#"):
                break
            if symbol == '"':
                raise ProgramSyntaxError(f"close the quotes on this line ({name}, line {number})")
            if symbol == "(":
                open_forms.append((number, []))
                continue
            begin, done = number, symbol
            if symbol == ")":
                if not open_forms:
                    raise ProgramSyntaxError(
                        f"remove ')', or open it before ({name}, line {number})"
                    )
                begin, parts = open_forms.pop()
                done = tuple(parts)
            if open_forms:
                open_forms[-1][1].append(done)
            else:
                yield begin, done
    if open_forms:
        raise ProgramSyntaxError(f"close '(' with ')' ({name}, line {open_forms[-1][0]})")


def format_form(form: LogicalForm) -> str:
    """Formats a form on one line; `parse_forms` is its inverse."""
    return form if isinstance(form, str) else f"({' '.join(map(format_form, form))})"
