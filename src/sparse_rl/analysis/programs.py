"""Form of a program by its text, without its language or its table."""

from __future__ import annotations

import re

_CONSTANT = re.compile(r"\[(?:[^\[\]']|'(?:[^'\\]|\\.)*')*\]")
_COLUMN = re.compile(r"\br\.\S+")
_FUNCTION = re.compile(r"\(\s*(\S+)")


def template(program: str) -> str:
    """Returns the program with its constants and columns left open.

    >>> template("( filter_in all_rows ['peru (a)'] r.country-string ) ( count v0 ) <END>")
    '( filter_in all_rows CONSTANT COLUMN ) ( count v0 )'
    """
    opened = _COLUMN.sub("COLUMN", _CONSTANT.sub("CONSTANT", program))
    return " ".join(opened.removesuffix("<END>").split())


def functions(program: str) -> list[str]:
    """Lists the function of every expression; of a walk through a maze, its moves.

    >>> functions("( filter_in all_rows ['peru'] r.country-string ) ( count v0 ) <END>")
    ['filter_in', 'count']
    >>> functions("up left")
    ['up', 'left']
    """
    form = template(program)
    return _FUNCTION.findall(form) if "(" in form else form.split()
