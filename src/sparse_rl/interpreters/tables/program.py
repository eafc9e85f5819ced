"""Programs as data and as text; printing and parsing are inverse."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sparse_rl.errors import ExecutionError, ProgramSyntaxError
from sparse_rl.interpreters.tables.constants import ConstantValue
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.function_sets import ALIASES
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.signature import (
    Answer,
    Function,
    Number,
    OneRow,
    Ordered,
    Rows,
    Strings,
)
from sparse_rl.interpreters.tables.table import Property, Table

ALL_ROWS = "all_rows"
END = "<END>"

_QUOTED = r"'(?:[^'\\]|\\.)*'"
# Blanks between two strings match in one way only: a broken list must not backtrack for ever.
_LEXEME = re.compile(
    rf"\s*(?:(?P<list>\[\s*{_QUOTED}(?:(?:\s*,)?\s*{_QUOTED})*(?:\s*,)?\s*\])"
    r"|\[\s*(?P<date>(?:-?\d{4,}|xxxx)-(?:\d\d|xx)-(?:\d\d|xx))\s*\]"
    r"|\[\s*(?P<number>[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf))\s*\]|(?P<word>[()]|[^\s()\[\]']+))"
)
_LITERALS: dict[Any, Any] = {Strings: tuple, Number: float, Ordered: (float, Date)}
_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'")


@dataclass(frozen=True)
class Expression:
    """Expression `( function rows argument … )`; arguments are constants and property names."""

    function: str
    rows: str
    arguments: tuple[ConstantValue | str, ...]


Program = tuple[Expression, ...]


def format_constant(value: ConstantValue) -> str:
    """Formats a constant: `['peru', '…']`, `[2]`, or `[1950-06-xx]`."""
    if isinstance(value, Date):
        return f"[{value}]"
    if isinstance(value, tuple):
        quoted = (s.replace("\\", "\\\\").replace("'", "\\'") for s in value)
        return "[" + ", ".join(f"'{s}'" for s in quoted) + "]"
    return f"[{int(value) if float(value).is_integer() else value!r}]"


def format_expression(expression: Expression) -> str:
    """Formats one expression."""
    arguments = (a if isinstance(a, str) else format_constant(a) for a in expression.arguments)
    return " ".join(("(", expression.function, expression.rows, *arguments, ")"))


def format_program(program: Program) -> str:
    """Formats a program, ended by `<END>`."""
    return " ".join((*map(format_expression, program), END))


def parse_program(text: str, language: Language) -> Program:
    """Parses a program; the inverse of `format_program`. `<END>` may be missing.

    Raises:
        ProgramSyntaxError: the text is not a program of the language.
    """
    tokens = _lex(text)
    if tokens and tokens[-1] == END:
        tokens.pop()
    functions = {function.name: function for function in language.functions}
    program: list[Expression] = []
    position = 0
    while position < len(tokens):
        end = tokens.index(")", position) if ")" in tokens[position:] else -1
        if tokens[position] != "(" or end < 0:
            raise ProgramSyntaxError(
                f"write every expression as ( function rows … ): {tokens[position]!r} in {text!r}"
            )
        body = tokens[position + 1 : end]
        program.append(_expression(body, functions, len(program), text))
        position = end + 1
    if not program:
        raise ProgramSyntaxError(f"write at least one expression: {text!r}")
    if len(program) > language.max_expressions:
        raise ProgramSyntaxError(
            f"use at most {language.max_expressions} expressions, not {len(program)}: {text!r}"
        )
    return tuple(program)


def _lex(text: str) -> list[ConstantValue | str]:
    tokens: list[ConstantValue | str] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _LEXEME.match(text, position)
        if match is None:
            raise ProgramSyntaxError(f"fix the program at {text[position:][:20]!r}: {text!r}")
        if match["list"] is not None:
            strings = _STRING.findall(match["list"])
            tokens.append(tuple(re.sub(r"\\(.)", r"\1", string) for string in strings))
        elif match["date"] is not None:
            tokens.append(_date(match["date"], text))
        elif match["number"] is not None:
            tokens.append(float(match["number"]))
        else:
            tokens.append(match["word"])
        position = match.end()
    return tokens


def _date(date: str, text: str) -> Date:
    try:
        return Date.parse(date)
    except ValueError as error:
        raise ProgramSyntaxError(f"{error}: {text!r}") from None


def _expression(
    body: list[ConstantValue | str], functions: dict[str, Function], index: int, text: str
) -> Expression:
    name = body[0] if body else ""
    name = ALIASES.get(name, name) if isinstance(name, str) else ""
    function = functions.get(name)
    if function is None:
        raise ProgramSyntaxError(
            f"use one of {sorted(functions)}: no function {name!r} in {text!r}"
        )
    if len(body) != 2 + len(function.parameters):
        raise ProgramSyntaxError(
            f"give {name} its rows and {len(function.parameters)} more argument(s): {text!r}"
        )
    if "(" in body:
        raise ProgramSyntaxError(f"close every expression before the next one: {text!r}")
    variables = {ALL_ROWS, *(f"v{i}" for i in range(index))}
    kinds = (Rows, *function.parameters)
    for argument, kind in zip(body[1:], kinds, strict=True):
        if kind in (Rows, OneRow):
            if argument not in variables:
                raise ProgramSyntaxError(
                    f"name all_rows or an earlier variable, not {argument!r}: {text!r}"
                )
        elif not isinstance(argument, _LITERALS.get(kind, str)):
            raise ProgramSyntaxError(f"fix argument {argument!r} of {name}: {text!r}")
    return Expression(name, str(body[1]), tuple(body[2:]))


@dataclass(frozen=True)
class ExecutedExpression:
    """Executed expression: its rows (a bit mask) or its answer."""

    expression: Expression
    value: int | Answer


def run_program(
    program: Program, table: Table, language: Language
) -> tuple[ExecutedExpression, ...]:
    """Executes a program and returns the value of every expression; the last is the denotation.

    Raises:
        ExecutionError: an expression has no value on this table.
    """
    functions = {function.name: function for function in language.functions}
    variables = {ALL_ROWS: table.all_rows}
    steps = []
    for index, expression in enumerate(program):
        function = functions[expression.function]
        value = function.call(table, *resolve(expression, function, table, variables))
        if not value:
            raise ExecutionError(
                f"choose other arguments: {format_expression(expression)} has no value on table "
                f"{table.name}"
            )
        if function.returns_rows:
            variables[f"v{index}"] = value
        steps.append(ExecutedExpression(expression, value))
    return tuple(steps)


def resolve(
    expression: Expression, function: Function, table: Table, variables: Mapping[str, Any]
) -> list[Any]:
    """Looks up the rows and arguments of an expression.

    Args:
        expression: expression, whose constants are used as they are.
        function: function that the expression calls.
        table: table, whose properties are looked up by name.
        variables: values of the names of rows.

    Raises:
        ExecutionError: the table has no such property of the required kind, or a variable is not
        rows.
    """
    values: list[Any] = []
    kinds = (Rows, *function.parameters)
    for argument, kind in zip((expression.rows, *expression.arguments), kinds, strict=True):
        if not isinstance(argument, str):
            values.append(argument)
        elif kind not in (Rows, OneRow):
            values.append(_property(argument, kind, table))
        elif argument in variables:
            values.append(variables[argument])
        else:
            raise ExecutionError(f"use rows in {format_expression(expression)}, not an answer")
    return values


def _property(name: str, kind: type[Property], table: Table) -> Property:
    for property_ in table.properties:
        if property_.name == name and isinstance(property_, kind):
            return property_
    fitting = sorted(p.name for p in table.properties if isinstance(p, kind))
    raise ExecutionError(
        f"name a {kind.__name__} of table {table.name}, not {name!r}: it has {fitting}"
    )
