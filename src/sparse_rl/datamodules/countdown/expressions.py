"""Arithmetic on whole numbers: a parser with exact values, and random expressions.

    sum := product (("+" | "-") product)*
    product := atom (("*" | "/") atom)*
    atom := number | "(" sum ")"

Numbers have no sign and at most nine digits, and spaces may stand between all parts.
"""

from __future__ import annotations

import operator
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sparse_rl.errors import SparseRLError

OPERATORS: Mapping[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
SUMS, PRODUCTS = ("+", "-"), ("*", "/")
MOST_NESTED = 50
"""Deepest nesting of parentheses; more could exhaust the stack."""

_PART = re.compile(r"\s*([0-9]{1,9}(?![0-9])|[-+*/()])")


class ExpressionError(SparseRLError):
    """A text is no expression, or has no value."""


@dataclass(frozen=True)
class Evaluated:
    """The exact value of an expression, and its numbers from left to right."""

    value: Fraction
    numbers: tuple[int, ...]


def value_of(text: str) -> Evaluated:
    """Parses an expression and computes its value.

    Raises:
        ExpressionError: the text is no expression, nests too deeply, or divides by zero.
    """
    parser = _Parser(_parts(text))
    value = parser.level(0)
    if parser.rest:
        raise ExpressionError(f"end the expression before {parser.rest[-1]!r}: {_shown(text)}")
    return Evaluated(value, tuple(parser.numbers))


def random_expression(rng: random.Random, numbers: Sequence[int]) -> str:
    """Draws an expression that uses every number once, by joining two parts at a time.

    The parts and the operator are uniform. Parentheses stand only where they are needed, so a
    drawn expression may be joined in several ways and is then more probable.

    Raises:
        ValueError: there are no numbers.
    """
    if not numbers:
        raise ValueError("give at least one number: an expression without any has no value")
    # A part's text, and the operator that joins it; "" for a number.
    parts = [(str(number), "") for number in numbers]
    while len(parts) > 1:
        left, right = (parts.pop(rng.randrange(len(parts))) for _ in range(2))
        joint = rng.choice(tuple(OPERATORS))
        parts.append(
            (f"{_inside(left, joint, False)} {joint} {_inside(right, joint, True)}", joint)
        )
    return parts[0][0]


def _inside(part: tuple[str, str], joint: str, on_the_right: bool) -> str:
    text, own = part
    needed = own in SUMS and (joint in PRODUCTS or (on_the_right and joint == "-"))
    needed = needed or (own in PRODUCTS and on_the_right and joint == "/")
    # a * (b / c) has the value of a * b / c, which is another expression.
    needed = needed or (on_the_right and bool(own) and joint in _level_of(own))
    return f"( {text} )" if needed else text


def _level_of(joint: str) -> tuple[str, str]:
    return SUMS if joint in SUMS else PRODUCTS


def _parts(text: str) -> list[str]:
    """Splits a text into numbers and signs, the last first."""
    parts, place, stripped = [], 0, text.rstrip()
    while place < len(stripped):
        found = _PART.match(stripped, place)
        if found is None:
            raise ExpressionError(
                f"write numbers of at most 9 digits and the signs + - * / ( ): {_shown(text)}"
            )
        parts.append(found[1])
        place = found.end()
    return parts[::-1]


def _shown(text: str) -> str:
    return repr(text if len(text) < 80 else f"{text[:77]}...")


class _Parser:
    """Recursive descent; `rest` holds the parts that are still to be read, the next one last."""

    def __init__(self, rest: list[str]) -> None:
        self.rest = rest
        self.numbers: list[int] = []

    def level(self, depth: int, joints: tuple[str, str] = SUMS) -> Fraction:
        """Reads a sum or a product, from left to right."""
        value = self._operand(depth, joints)
        while self.rest and self.rest[-1] in joints:
            joint = self.rest.pop()
            other = self._operand(depth, joints)
            if joint == "/" and not other:
                raise ExpressionError("divide by another number than zero")
            value = OPERATORS[joint](value, other)
        return value

    def _operand(self, depth: int, joints: tuple[str, str]) -> Fraction:
        return self.level(depth, PRODUCTS) if joints == SUMS else self._atom(depth)

    def _atom(self, depth: int) -> Fraction:
        part = self.rest.pop() if self.rest else "the end"
        if part.isdigit():
            self.numbers.append(int(part))
            return Fraction(int(part))
        if part != "(":
            raise ExpressionError(f"write a number or a parenthesis instead of {part}")
        if depth == MOST_NESTED:
            raise ExpressionError(f"nest at most {MOST_NESTED} parentheses")
        value = self.level(depth + 1)
        if not self.rest or self.rest.pop() != ")":
            raise ExpressionError("close the parenthesis")
        return value
